# SPDX-License-Identifier: MIT
# thread, jthread, stop_token, future and what belongs to them.
weft_test(stop_token_test stop_token_test.cpp LABELS sync)
