# SPDX-License-Identifier: MIT
# The primitives that wait: wait lists, mutexes, condition variables, semaphores, latch, barrier, atomics.
weft_test(mutex_test mutex_test.cpp LABELS sync)
weft_test(call_once_test call_once_test.cpp LABELS sync)
weft_test(condition_variable_test condition_variable_test.cpp LABELS sync)
weft_test(condition_variable_any_test condition_variable_any_test.cpp LABELS sync)
weft_test(shared_mutex_test shared_mutex_test.cpp LABELS sync)
weft_test(semaphore_test semaphore_test.cpp LABELS sync)
weft_test(latch_test latch_test.cpp LABELS sync)
weft_test(barrier_test barrier_test.cpp LABELS sync)
weft_test(atomic_test atomic_test.cpp LABELS sync)
weft_test(wait_list_test wait_list_test.cpp LABELS sync)
weft_test(sync_death_test sync_death_test.cpp LABELS sync)
weft_test(stoppable_test stoppable_test.cpp LABELS sync)
weft_test(deadline_test deadline_test.cpp LABELS sync)

weft_worker_stress(sync sync_stress stoppable_stress)
