# SPDX-License-Identifier: MIT
# Two modules for dlopen: their thread_local is reached through the dtv, or at a fixed offset from the thread pointer.
# weft_knows_modules(NAME): a test that finds them by WEFT_TLS_DYNAMIC_MODULE and WEFT_TLS_INITIAL_EXEC_MODULE.
if(NOT TARGET tls_global_dynamic_module)
  foreach(model global-dynamic initial-exec)
    string(MAKE_C_IDENTIFIER tls_${model}_module module)
    add_library(${module} MODULE ${PROJECT_SOURCE_DIR}/tests/kernel/glibc_rows/tls_module.cpp)
    target_compile_options(${module} PRIVATE -ftls-model=${model})
    target_link_libraries(${module} PRIVATE weft_options)
  endforeach()
  target_compile_definitions(tls_global_dynamic_module PRIVATE WEFT_MODULE_NUMBER=4711)
  target_compile_definitions(tls_initial_exec_module PRIVATE WEFT_MODULE_NUMBER=815)
endif()
function(weft_knows_modules NAME)
  add_dependencies(${NAME} tls_global_dynamic_module tls_initial_exec_module)
  target_compile_definitions(${NAME} PRIVATE
    WEFT_TLS_DYNAMIC_MODULE="$<TARGET_FILE:tls_global_dynamic_module>"
    WEFT_TLS_INITIAL_EXEC_MODULE="$<TARGET_FILE:tls_initial_exec_module>")
endfunction()
