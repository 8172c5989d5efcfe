// SPDX-License-Identifier: MIT
// Row: the descriptor's tid. Mutexes that know their owner compare it; without it every worker is "thread 0", so that a recursive
// mutex lets all of them in.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <cerrno>
#include <mutex>
#include <pthread.h>
#include <shared_mutex>
#include <thread>

static void row() {
    for (int round = 0; round < 2; ++round) {
        std::recursive_mutex recursive;
        std::atomic<int> stage{0};
        support::on_raw_threads(2, [&](int index) {
            if (index == 0) {
                recursive.lock();
                recursive.lock();
                REQUIRE(recursive.native_handle()->__data.__owner == gettid());
                stage = 1;
                REQUIRE(support::eventually([&] { return stage == 2; }));
                recursive.unlock();
                recursive.unlock();
                stage = 3;
            } else {
                REQUIRE(support::eventually([&] { return stage == 1; }));
                REQUIRE(!recursive.try_lock());
                stage = 2;
                REQUIRE(support::eventually([&] { return stage == 3; }));
                REQUIRE(recursive.try_lock());
                recursive.unlock();
            }
        });
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
        pthread_mutex_t checked;
        pthread_mutex_init(&checked, &attributes);
        support::raw_thread([&] {
            REQUIRE(pthread_mutex_lock(&checked) == 0);
            REQUIRE(pthread_mutex_lock(&checked) == EDEADLK);
            support::raw_thread([&] { REQUIRE(pthread_mutex_unlock(&checked) == EPERM); });
            REQUIRE(pthread_mutex_unlock(&checked) == 0);
        });
        pthread_mutex_destroy(&checked);
        pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
        support::raw_thread([&] {
            REQUIRE(pthread_rwlock_wrlock(&shared) == 0);
            REQUIRE(pthread_rwlock_rdlock(&shared) == EDEADLK);
            support::raw_thread([&] { REQUIRE(pthread_rwlock_tryrdlock(&shared) == EBUSY); });
            REQUIRE(pthread_rwlock_unlock(&shared) == 0);
        });
        pthread_rwlock_destroy(&shared);
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::tid, row);
}
