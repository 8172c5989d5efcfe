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

# Each prints its seed and takes one, and runs for WEFT_STRESS_SECONDS (60).
foreach(stress stop_token_stress future_stress)
  add_executable(${stress} ${stress}.cpp)
  target_include_directories(${stress} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${stress} PRIVATE weft_internal GTest::gtest)
  foreach(workers 1 2 8)
    add_test(NAME ${stress}_${workers} COMMAND ${stress} ${workers})
    set_tests_properties(${stress}_${workers} PROPERTIES TIMEOUT 240 LABELS "sync;stress")
  endforeach()
endforeach()
