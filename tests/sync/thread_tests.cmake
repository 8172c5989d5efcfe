# SPDX-License-Identifier: MIT
# thread, jthread, stop_token, future and what belongs to them.
weft_test(stop_token_test stop_token_test.cpp LABELS sync)
weft_test(thread_test thread_test.cpp LABELS sync)
weft_test(thread_death_test thread_death_test.cpp LABELS sync)
weft_test(thread_id_test thread_id_test.cpp LABELS sync)
weft_test(jthread_test jthread_test.cpp LABELS sync)
weft_test(this_thread_test this_thread_test.cpp LABELS sync)
weft_test(promise_test promise_test.cpp LABELS sync)
weft_test(future_test future_test.cpp LABELS sync)
weft_test(packaged_task_test packaged_task_test.cpp LABELS sync)
weft_test(async_test async_test.cpp LABELS sync)
