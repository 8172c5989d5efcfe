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

# Prints its seed and takes one, and runs for WEFT_STRESS_SECONDS (60).
add_executable(sync_stress sync_stress.cpp)
target_include_directories(sync_stress PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(sync_stress PRIVATE weft_internal GTest::gtest)
foreach(workers 1 2 8)
  add_test(NAME sync_stress_${workers} COMMAND sync_stress ${workers})
  set_tests_properties(sync_stress_${workers} PROPERTIES TIMEOUT 240 LABELS "sync;stress")
endforeach()
