# SPDX-License-Identifier: MIT
# thread, jthread, stop_token, future and what belongs to them.
weft_test(stop_token_test stop_token_test.cpp LABELS sync)
weft_test(thread_test thread_test.cpp LABELS sync)
weft_test(thread_death_test thread_death_test.cpp LABELS sync)
if(NOT WEFT_SANITIZE) # sanitizers need the address space that it takes away
  weft_test(thread_refusal_test thread_refusal_test.cpp PROGRAM LABELS sync)
endif()
weft_test(at_thread_exit_test at_thread_exit_test.cpp LABELS sync)
weft_test(thread_id_test thread_id_test.cpp LABELS sync)
weft_test(jthread_test jthread_test.cpp LABELS sync)
weft_test(this_thread_test this_thread_test.cpp LABELS sync)
weft_test(promise_test promise_test.cpp LABELS sync)
weft_test(future_test future_test.cpp LABELS sync)
weft_test(packaged_task_test packaged_task_test.cpp LABELS sync)
weft_test(async_test async_test.cpp LABELS sync)

weft_worker_stress(sync stop_token_stress future_stress)

# Programs written for std, compiled with both namespaces, print the same.
foreach(program thread_pool cache)
  foreach(namespace std weft)
    add_executable(${program}_${namespace} swapped/${program}_program.cpp)
    target_link_libraries(${program}_${namespace} PRIVATE weft_options)
  endforeach()
  target_compile_definitions(${program}_std PRIVATE MT_IS_STD)
  target_link_libraries(${program}_weft PRIVATE weft)
  find_package(Threads REQUIRED)
  target_link_libraries(${program}_std PRIVATE Threads::Threads)
  add_test(NAME ${program}_swapped COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/swapped/same_output.sh $<TARGET_FILE:${program}_std> $<TARGET_FILE:${program}_weft>)
  set_tests_properties(${program}_swapped PROPERTIES TIMEOUT 240 LABELS sync)
endforeach()
