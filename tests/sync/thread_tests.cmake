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

# What C++20 says of each class, line by line: both namespaces must pass.
find_package(Threads REQUIRED)
foreach(program mutexes waiting futures threads)
  if(NOT WEFT_SANITIZE) # std's mutexes, joins and alarms are not what a sanitizer should tell us about
    add_executable(conformance_${program}_std conformance/${program}.cpp)
    target_link_libraries(conformance_${program}_std PRIVATE weft_options Threads::Threads)
    target_compile_definitions(conformance_${program}_std PRIVATE MT_IS_STD)
    add_test(NAME conformance_${program}_std COMMAND conformance_${program}_std)
    set_tests_properties(conformance_${program}_std PROPERTIES TIMEOUT 120 LABELS sync)
  endif()
  add_executable(conformance_${program}_weft conformance/${program}.cpp)
  target_link_libraries(conformance_${program}_weft PRIVATE weft_options weft)
  foreach(workers 1 2 8)
    add_test(NAME conformance_${program}_weft_${workers} COMMAND conformance_${program}_weft)
    set_tests_properties(conformance_${program}_weft_${workers} PROPERTIES TIMEOUT 120 LABELS sync ENVIRONMENT WEFT_WORKERS=${workers})
  endforeach()
endforeach()

# Programs written for std, compiled with both namespaces, print the same.
foreach(program thread_pool cache)
  foreach(namespace std weft)
    add_executable(${program}_${namespace} swapped/${program}_program.cpp)
    target_link_libraries(${program}_${namespace} PRIVATE weft_options)
  endforeach()
  target_compile_definitions(${program}_std PRIVATE MT_IS_STD)
  target_link_libraries(${program}_weft PRIVATE weft)
  target_link_libraries(${program}_std PRIVATE Threads::Threads)
  add_test(NAME ${program}_swapped COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/swapped/same_output.sh $<TARGET_FILE:${program}_std> $<TARGET_FILE:${program}_weft>)
  set_tests_properties(${program}_swapped PROPERTIES TIMEOUT 240 LABELS sync)
endforeach()
