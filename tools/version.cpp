// SPDX-License-Identifier: MIT
// `weft version`: the version, and how this program was built.
#include "lab/fingerprint.hpp"
#include "verbs.hpp"
#include <cstdio>

namespace weft::tools {

int version(std::span<char* const> arguments) {
    if (!takes_nothing("version", arguments)) {
        return 2;
    }
    const weft::lab::build_facts build = weft::lab::how_built();
    std::printf(
        "weft %s\ncompiler         %s\nbuild type       %s\nswitch           %s\nkernel threads   %s\n",
        build.version.c_str(), build.compiler.c_str(), build.type.c_str(), build.context.c_str(),
        build.kernel_threads.c_str());
    return 0;
}

} // namespace weft::tools
