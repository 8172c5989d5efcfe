# SPDX-License-Identifier: MIT
# weft_flavour(TARGET COMPILE LINK): a program that is linked another way, such as -fno-pie -static. For a static libweft alone.
function(weft_flavour TARGET COMPILE LINK)
  target_include_directories(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${TARGET} PRIVATE weft_internal ${LINK})
  target_compile_options(${TARGET} PRIVATE ${COMPILE})
  set_target_properties(${TARGET} PROPERTIES POSITION_INDEPENDENT_CODE OFF) # the flags above say it
endfunction()
