# SPDX-License-Identifier: MIT
# weft_test(NAME file.cpp [more.cpp ...] [PROGRAM] [SERIAL] [TIMEOUT seconds] [LABELS ...] [LIBRARIES ...] [ARGS ...])
#
# NAME becomes a target and a CTest test. Without PROGRAM the file is a GoogleTest file and gets gtest_main;
# with PROGRAM it has a main of its own and its exit code is the verdict (0 passed, 77 skipped by name).
# SERIAL: it runs alone, since it measures the machine.
# Every test has a time limit, so that nothing hangs.
# Test files share two precompiled headers, one with GoogleTest: reading the headers takes longer than most of them take to compile.
# They are compiled with little optimisation, or none for a sanitizer, except for the stress programs and those that bring their own
# options: what is proven is the library, and that has all of it.
set(WEFT_TEST_OPTIMISATION $<$<CONFIG:Release>:-O1>)
if(WEFT_SANITIZE)
  set(WEFT_TEST_OPTIMISATION -O0)
endif()
function(weft_test_headers NAME)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/tests/${NAME}.cpp CONTENT "// carries the precompiled header of test files\n")
  add_library(${NAME} OBJECT ${PROJECT_BINARY_DIR}/tests/${NAME}.cpp)
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${NAME} PRIVATE weft_internal)
  target_compile_options(${NAME} PRIVATE ${WEFT_TEST_OPTIMISATION})
  target_precompile_headers(${NAME} PRIVATE ${ARGN} <algorithm> <atomic> <chrono> <cstdio> <functional> <memory> <string> <thread> <vector>
    <weft/weft.hpp>)
endfunction()
if(NOT TARGET weft_program_headers)
  weft_test_headers(weft_program_headers)
  weft_test_headers(weft_gtest_headers <gtest/gtest.h>)
  target_link_libraries(weft_gtest_headers PRIVATE GTest::gtest)
endif()

function(weft_test NAME)
  cmake_parse_arguments(T "PROGRAM;SERIAL" "TIMEOUT" "LABELS;LIBRARIES;ARGS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  add_executable(${NAME} ${T_UNPARSED_ARGUMENTS})
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${NAME} PRIVATE weft_internal ${T_LIBRARIES})
  if(NOT T_PROGRAM)
    target_link_libraries(${NAME} PRIVATE GTest::gtest GTest::gtest_main)
  endif()
  if(T_LIBRARIES)
    # They may bring other options: no precompiled header.
  else()
    target_compile_options(${NAME} PRIVATE ${WEFT_TEST_OPTIMISATION})
    if(T_PROGRAM)
      target_precompile_headers(${NAME} REUSE_FROM weft_program_headers)
    else()
      target_precompile_headers(${NAME} REUSE_FROM weft_gtest_headers)
    endif()
  endif()
  add_test(NAME ${NAME} COMMAND ${NAME} ${T_ARGS})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77 LABELS "${T_LABELS}" RUN_SERIAL "${T_SERIAL}")
endfunction()

# weft_worker_stress(FLOOR NAME...): programs NAME.cpp that are called NAME WORKERS [SEED], print their seed and run for
# WEFT_STRESS_SECONDS (60): three tests each, NAME_1, NAME_2 and NAME_8.
function(weft_worker_stress FLOOR)
  foreach(stress IN LISTS ARGN)
    add_executable(${stress} ${stress}.cpp)
    target_include_directories(${stress} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${stress} PRIVATE weft_internal GTest::gtest)
    foreach(workers 1 2 8)
      add_test(NAME ${stress}_${workers} COMMAND ${stress} ${workers})
      set_tests_properties(${stress}_${workers} PROPERTIES TIMEOUT 240 LABELS "${FLOOR};stress")
    endforeach()
  endforeach()
endfunction()
