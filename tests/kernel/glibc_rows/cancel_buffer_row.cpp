// SPDX-License-Identifier: MIT
// Row: the buffer that pthread_exit unwinds to. Without it pthread_exit in a worker jumps through a null pointer.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <pthread.h>

static std::atomic<int> destroyed{0};
static std::atomic<bool> deepest{true};

struct counted {
    ~counted() { ++destroyed; }
    void touch() const { asm volatile("" : : "r"(this)); }
};

[[gnu::noinline]] static void leave_from_the_depth(int depth) {
    counted local;
    local.touch();
    if (depth > 0) {
        leave_from_the_depth(depth - 1);
    } else if (deepest) {
        pthread_exit(nullptr);
    }
    local.touch();
}

static void row() {
    pthread_key_t key;
    REQUIRE(pthread_key_create(&key, [](void*) { ++destroyed; }) == 0);
    for (int round = 0; round < 3; ++round) {
        destroyed = 0;
        std::atomic<bool> went_on{false};
        support::raw_thread([&] {
            static thread_local counted with_the_thread;
            with_the_thread.touch();
            pthread_setspecific(key, &destroyed);
            leave_from_the_depth(3);
            went_on = true;
        });
        REQUIRE(!went_on);
        REQUIRE(destroyed == 4 + 1 + 1); // frames, thread_local, key: all before join returned
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::cancel_buffer, row);
}
