// SPDX-License-Identifier: MIT
// Row: the program's __libc_single_threaded. While it says "one thread", libstdc++ counts shared_ptr owners without atomics.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <memory>
#include <sys/single_threaded.h>

static void row() {
    const auto shared = std::make_shared<int>(42);
    support::on_raw_threads_together(4, [&](int) {
        for (int i = 0; i < 1'000'000; ++i) {
            std::shared_ptr<int> mine = shared; // a lost increment or decrement stays in the count
            REQUIRE(*mine == 42);
        }
    });
    REQUIRE(shared.use_count() == 1);
    REQUIRE(__libc_single_threaded == 0);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::program_single_threaded, row);
}
