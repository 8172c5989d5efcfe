// SPDX-License-Identifier: MIT
#include "lab/fingerprint.hpp"

#ifndef WEFT_VERSION
#define WEFT_VERSION "unknown"
#endif

namespace weft::lab {

build_facts how_built() {
    build_facts built;
    built.version = WEFT_VERSION;
#if defined(__clang__)
    built.compiler = std::string("clang ") + __clang_version__;
#else
    built.compiler = std::string("gcc ") + __VERSION__;
#endif
    while (!built.compiler.empty() && built.compiler.back() == ' ') {
        built.compiler.pop_back();
    }
    built.type = *WEFT_LAB_BUILD_TYPE ? WEFT_LAB_BUILD_TYPE : "none";
    built.flags = WEFT_LAB_FLAGS;
    built.flags.erase(0, built.flags.find_first_not_of(' '));
    built.sanitizers = WEFT_LAB_SANITIZE;
#if defined(WEFT_CONTEXT_BOOST)
    built.context = "boost (Boost.Context)";
#else
    built.context = "native";
#endif
#if defined(WEFT_KERNEL_THREADS_PTHREAD)
    built.kernel_threads = "pthread (sanitizer builds)";
#else
    built.kernel_threads = "raw (clone)";
#endif
#if !defined(NDEBUG)
    built.assertions = true;
#endif
    return built;
}

} // namespace weft::lab
