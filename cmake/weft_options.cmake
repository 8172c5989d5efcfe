# SPDX-License-Identifier: MIT
# Compile options shared by every target of weft, as the interface target weft_options.
# What a consumer of weft::weft needs is on that target itself, in runtime/CMakeLists.txt.
add_library(weft_options INTERFACE)
target_compile_features(weft_options INTERFACE cxx_std_20)
target_compile_options(weft_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align -Wold-style-cast -Woverloaded-virtual
  -Wconversion -Wno-sign-conversion -fno-omit-frame-pointer)
if(WEFT_WERROR)
  target_compile_options(weft_options INTERFACE -Werror)
endif()

if(WEFT_SANITIZE)
  if(NOT WEFT_KERNEL_THREADS STREQUAL "pthread")
    message(FATAL_ERROR "Sanitizers know threads only through pthread_create: "
      "set WEFT_KERNEL_THREADS=pthread with WEFT_SANITIZE=${WEFT_SANITIZE} (the presets asan and tsan do).")
  endif()
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
elseif(WEFT_KERNEL_THREADS STREQUAL "pthread")
  message(WARNING "WEFT_KERNEL_THREADS=pthread is meant for sanitizer builds alone.")
endif()
if(NOT WEFT_KERNEL_THREADS MATCHES "^(raw|pthread)$")
  message(FATAL_ERROR "WEFT_KERNEL_THREADS is '${WEFT_KERNEL_THREADS}'; it must be raw or pthread.")
endif()
if(NOT WEFT_CONTEXT MATCHES "^(native|boost)$")
  message(FATAL_ERROR "WEFT_CONTEXT is '${WEFT_CONTEXT}'; it must be native or boost.")
endif()
