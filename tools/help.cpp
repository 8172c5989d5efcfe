// SPDX-License-Identifier: MIT
// `weft help`: the verbs with a line each; `weft help VERB`: how one is used.
#include "verbs.hpp"
#include <cstdio>
#include <string>

namespace weft::tools {

int help(std::span<char* const> arguments) {
    if (arguments.size() > 1) {
        return not_understood("help explains one verb at a time");
    }
    if (arguments.size() == 1) {
        const verb* v = find_verb(arguments.front());
        if (!v) {
            return not_understood("there is no verb '" + std::string(arguments.front()) + "'");
        }
        std::printf("weft %.*s: %.*s\n\n%s", static_cast<int>(v->name.size()), v->name.data(),
                    static_cast<int>(v->line.size()), v->line.data(), v->usage);
        return 0;
    }
    std::puts(
        "weft: green threads and tasks that stand directly on clone(2)\n\nusage: weft VERB [arguments]\n");
    for (const verb& v : verbs()) {
        std::printf("  %-9.*s %.*s\n", static_cast<int>(v.name.size()), v.name.data(),
                    static_cast<int>(v.line.size()), v.line.data());
    }
    std::puts("\n`weft help VERB` says more about one of them.");
    return 0;
}

} // namespace weft::tools
