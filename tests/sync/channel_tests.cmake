# SPDX-License-Identifier: MIT
# Channels, select and wait_group.
weft_test(channel_test channel_test.cpp LABELS sync)
