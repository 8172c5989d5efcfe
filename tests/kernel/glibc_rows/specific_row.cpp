// SPDX-License-Identifier: MIT
// Row: specific[0], where pthread_key values live. Keys 0..31 lie in the descriptor itself, later ones in blocks made on demand.
// A value must be found again, must not be another thread's, must not survive into the next thread on the same memory, and its
// destructor must run.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <cstdint>
#include <pthread.h>

static constexpr int keys = 70; // three levels
static std::atomic<int> destroyed{0};

static void* value(int thread, int key) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(thread * 1000 + key + 1));
}

static void row() {
    pthread_key_t with_destructor[keys];
    pthread_key_t without[keys];
    for (int i = 0; i < keys; ++i) {
        REQUIRE(pthread_key_create(&with_destructor[i], [](void*) { ++destroyed; }) == 0);
        REQUIRE(pthread_key_create(&without[i], nullptr) == 0);
    }
    constexpr int rounds = 4;
    constexpr int threads = 3;
    for (int round = 0; round < rounds; ++round) {
        support::on_raw_threads(threads, [&](int thread) {
            for (int i = 0; i < keys; ++i) {
                REQUIRE(pthread_getspecific(with_destructor[i]) == nullptr && pthread_getspecific(without[i]) == nullptr);
                REQUIRE(pthread_setspecific(with_destructor[i], value(thread, i)) == 0);
                REQUIRE(pthread_setspecific(without[i], value(thread, i)) == 0);
            }
            for (int i = 0; i < keys; ++i) {
                REQUIRE(pthread_getspecific(with_destructor[i]) == value(thread, i));
                REQUIRE(pthread_getspecific(without[i]) == value(thread, i));
            }
        });
    }
    REQUIRE(destroyed == rounds * threads * keys);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::specific, row);
}
