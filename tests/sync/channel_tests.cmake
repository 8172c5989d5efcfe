# SPDX-License-Identifier: MIT
# Channels, select and wait_group.
weft_test(channel_test channel_test.cpp LABELS sync)
weft_test(channel_runs_test channel_runs_test.cpp TIMEOUT 400 LABELS sync)
weft_test(select_test select_test.cpp TIMEOUT 300 LABELS sync)
weft_test(wait_group_test wait_group_test.cpp LABELS sync)
weft_test(channel_throwing_test channel_throwing_test.cpp LABELS sync)

weft_worker_stress(sync channel_stress)
