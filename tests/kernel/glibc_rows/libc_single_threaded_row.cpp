// SPDX-License-Identifier: MIT
// Row: libc's own __libc_single_threaded. While it says "one thread", malloc takes no arena lock and pthread_mutex_lock stores
// instead of exchanging: the heap is corrupted, or the mutex asserts.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <sys/single_threaded.h>

static std::mutex door;
static long inside = 0;

static void churn(int index) {
    // Blocks too large for tcache (1032 bytes) go through the arena, which all of these threads share while the flag is set.
    constexpr int kept = 64;
    constexpr int rounds = 200'000;
    unsigned char* blocks[kept] = {};
    unsigned state = static_cast<unsigned>(index) * 2654435761u + 1;
    for (int i = 0; i < rounds; ++i) {
        state = state * 1664525u + 1013904223u;
        unsigned char*& block = blocks[state >> 26];
        if (block) {
            REQUIRE(*block == static_cast<unsigned char>(index));
            std::free(block);
            block = nullptr;
        } else {
            block = static_cast<unsigned char*>(std::malloc(1100 + (state >> 12) % 6000));
            REQUIRE(block);
            *block = static_cast<unsigned char>(index);
        }
        if (i % 8 == 0) {
            std::lock_guard hold(door);
            REQUIRE(++inside == 1);
            --inside;
        }
    }
    for (unsigned char* block : blocks) {
        std::free(block);
    }
}

static void row() {
    support::on_raw_threads_together(8, churn);
    // Luck must not pass for proof: libc's own flag, not the program's copy, has to be clear.
    const void* flag = &__libc_single_threaded;
    if (void* libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD)) {
        flag = dlsym(libc, "__libc_single_threaded");
    }
    REQUIRE(flag && *static_cast<const volatile char*>(flag) == 0);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::libc_single_threaded, row);
}
