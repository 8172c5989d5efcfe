// SPDX-License-Identifier: MIT
// Why a child that shares its creator's memory, but is no thread that a sanitizer knows, cannot be measured
// in this build.
#pragma once
#include "lab/fingerprint.hpp"
#include <string>

namespace weft::lab {

/// Empty: it can.
inline std::string bare_clone_missing() {
    return how_built().sanitizers.empty()
               ? std::string()
               : "this build carries sanitizers, which know threads only through pthread_create";
}

} // namespace weft::lab
