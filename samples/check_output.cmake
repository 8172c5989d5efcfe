# SPDX-License-Identifier: MIT
# cmake -D PROGRAM=... -D EXPECTED=... -P check_output.cmake: runs PROGRAM (a list: with arguments); it must exit with 0 and print
# what the file EXPECTED says (or exit with 77: this machine does not allow it), where <n> stands for any number and <s> for any word.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE code OUTPUT_VARIABLE printed ERROR_VARIABLE complained)
file(READ "${EXPECTED}" wanted)
string(REGEX REPLACE "([][+.*()^$?|\\\\])" "\\\\\\1" pattern "${wanted}")
string(REPLACE "<n>" "[0-9]+(\\.[0-9]+)?" pattern "${pattern}")
string(REPLACE "<s>" "[^ \n]+" pattern "${pattern}")
if(code STREQUAL "77")
  message("SKIPPED: ${complained}") # the test's SKIP_REGULAR_EXPRESSION
  return()
endif()
if(NOT code STREQUAL "0")
  message(FATAL_ERROR "${PROGRAM} ended with ${code}.\nIt printed:\n${printed}\nand complained:\n${complained}")
endif()
if(NOT printed MATCHES "^${pattern}$")
  message(FATAL_ERROR "${PROGRAM} printed:\n${printed}\nbut ${EXPECTED} wants:\n${wanted}")
endif()
message("${printed}")
