// SPDX-License-Identifier: MIT
// Row: libc's per-thread caches. malloc gives each thread a tcache; a block that is used again without keeping libc's TLS segment
// loses it, about 9 KB a thread.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cstdlib>

static void use_malloc(int) {
    void* blocks[60];
    for (int i = 0; i < 60; ++i) {
        blocks[i] = std::malloc(static_cast<std::size_t>(16 * i + 8));
        REQUIRE(blocks[i]);
        std::memset(blocks[i], i, static_cast<std::size_t>(16 * i + 8));
    }
    for (void* block : blocks) {
        std::free(block);
    }
}

static void row() {
    for (int i = 0; i < 500; ++i) {
        support::on_raw_threads(2, use_malloc);
    }
    const long before = support::resident_bytes();
    long grown = 0;
    for (int made = 0; made < 20'000; made += 2) {
        support::on_raw_threads(2, use_malloc);
        if (made % 1000 == 0) {
            grown = support::resident_bytes() - before;
            REQUIRE(grown < 8L * 1024 * 1024);
        }
    }
    support::say("resident memory grew by %ld KiB over 20000 threads\n", grown / 1024);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::libc_caches, row);
}
