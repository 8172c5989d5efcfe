// SPDX-License-Identifier: MIT
// The main of a glibc row: one measure, proven on and off. `program on` must end with 0; `program off` does without the measure
// and must not (prove.sh runs both). The measure is switched off before the first kernel thread is made.
#pragma once
#include "kernel/measures.hpp"
#include "support/program.hpp"
#include <cstring>

namespace support {

inline int row_main(int argc, char** argv, weft::kernel::measure which, void (*row)(), unsigned limit_seconds = 60) {
    if (argc != 2 || (std::strcmp(argv[1], "on") != 0 && std::strcmp(argv[1], "off") != 0)) {
        say("usage: %s on|off (with or without the measure %s)\n", argv[0], weft::kernel::name_of(which));
        return 2;
    }
    time_limit(limit_seconds);
    if (std::strcmp(argv[1], "off") == 0) {
        weft::kernel::switch_off(which);
    }
    row();
    return 0;
}

} // namespace support
