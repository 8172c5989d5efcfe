// SPDX-License-Identifier: MIT
// Row: the program's __libc_single_threaded. While it says "one thread", libstdc++ counts shared_ptr owners without atomics.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <memory>
#include <sys/single_threaded.h>
#include <vector>

static void row() {
    const auto shared = std::make_shared<int>(42);
    const std::vector<std::shared_ptr<int>> reserve(100'000, shared); // so that lost counts do not free it under our hands
    support::on_raw_threads_together(4, [&](int) {
        for (int i = 0; i < 3'000'000; ++i) {
            const std::shared_ptr<int> mine = shared; // a lost increment or decrement stays in the count
            asm volatile("" : : "r"(&mine) : "memory"); // both happen, with the copy in between
            REQUIRE(*mine == 42);
        }
    });
    support::say("%ld owners\n", shared.use_count());
    REQUIRE(shared.use_count() == 100'001);
    REQUIRE(__libc_single_threaded == 0);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::program_single_threaded, row);
}
