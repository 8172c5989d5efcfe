# SPDX-License-Identifier: MIT
# Channels, select and wait_group.
weft_test(channel_test channel_test.cpp LABELS sync)
weft_test(channel_runs_test channel_runs_test.cpp TIMEOUT 400 LABELS sync)
weft_test(select_test select_test.cpp TIMEOUT 300 LABELS sync)
weft_test(wait_group_test wait_group_test.cpp LABELS sync)
weft_test(channel_throwing_test channel_throwing_test.cpp LABELS sync)

# It prints its seed and takes one, and runs for WEFT_STRESS_SECONDS (60).
add_executable(channel_stress channel_stress.cpp)
target_include_directories(channel_stress PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(channel_stress PRIVATE weft_internal)
foreach(workers 1 2 8)
  add_test(NAME channel_stress_${workers} COMMAND channel_stress ${workers})
  set_tests_properties(channel_stress_${workers} PROPERTIES TIMEOUT 240 LABELS "sync;stress")
endforeach()
