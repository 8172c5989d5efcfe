// SPDX-License-Identifier: MIT
// weft's contender at the tiny size, with 1 and 2 workers: it ends in time with right answers and with figures. Called
// `every_workload_program PROGRAM WORKLOAD`. That the check can fail is seen in driver_test.
#include "driver/run.hpp"
#include <cstdio>

int main(int argc, char** argv) {
    using namespace weft::workload;
    const card* const what = argc == 3 ? find_workload(argv[2]) : nullptr;
    if (!what) {
        std::fprintf(stderr, "usage: %s PROGRAM WORKLOAD\n", argv[0]);
        return 2;
    }
    int failed = 0;
    for (const unsigned workers : {1u, 2u}) {
        for (const size* variant : variants_of(*what)) {
            const outcome got = run_once({"weft", "weft", argv[1], ""}, *what, variant, workers, scale::tiny, std::chrono::seconds(25));
            std::printf("%s, %u workers: %s\n", what->name, workers, got.fault.empty() ? "right" : got.fault.c_str());
            failed += !got.fault.empty() || !got.declined.empty();
        }
    }
    return failed == 0 ? 0 : 1;
}
