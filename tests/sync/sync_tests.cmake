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
weft_test(contention_test contention_test.cpp LABELS sync)
if(NOT WEFT_SANITIZE) # it counts the instructions of code that is compiled as it is shipped
  weft_test(select_cost_test select_cost_test.cpp PROGRAM LABELS sync)
  weft_test(lock_price_program lock_price_program.cpp PROGRAM LABELS sync)
  add_test(NAME lock_price COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lock_price.sh $<TARGET_FILE:lock_price_program>)
  set_tests_properties(lock_price PROPERTIES TIMEOUT 60 SKIP_RETURN_CODE 77 LABELS sync)
endif()

weft_worker_stress(sync sync_stress stoppable_stress)
