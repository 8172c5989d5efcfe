// SPDX-License-Identifier: MIT
// Row: pthread_key destructors run when the thread ends, after the thread_local ones, again while they set values anew (at most
// PTHREAD_DESTRUCTOR_ITERATIONS times), and never for a deleted key.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <climits>
#include <pthread.h>

static std::atomic<int> runs{0};
static std::atomic<bool> thread_local_gone{false};
static pthread_key_t stubborn;

struct watcher {
    ~watcher() { thread_local_gone = true; }
    void touch() const { asm volatile("" : : "r"(this)); }
};

static void row() {
    pthread_key_t plain;
    REQUIRE(pthread_key_create(&plain, [](void* value) {
        REQUIRE(value == &runs && thread_local_gone);
        ++runs;
    }) == 0);
    support::raw_thread([&] {
        static thread_local watcher w;
        w.touch();
        REQUIRE(pthread_setspecific(plain, &runs) == 0);
    });
    REQUIRE(runs == 1);

    runs = 0;
    REQUIRE(pthread_key_create(&stubborn, [](void* value) {
        REQUIRE(pthread_getspecific(stubborn) == nullptr); // cleared before the call
        ++runs;
        pthread_setspecific(stubborn, value);
    }) == 0);
    support::raw_thread([&] { REQUIRE(pthread_setspecific(stubborn, &runs) == 0); });
    REQUIRE(runs == PTHREAD_DESTRUCTOR_ITERATIONS);
    support::raw_thread([&] { REQUIRE(pthread_getspecific(stubborn) == nullptr); }); // the next one on that memory

    runs = 0;
    support::raw_thread([&] {
        REQUIRE(pthread_setspecific(plain, &runs) == 0);
        REQUIRE(pthread_key_delete(plain) == 0);
    });
    REQUIRE(runs == 0);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::key_destructors, row);
}
