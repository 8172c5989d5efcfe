// SPDX-License-Identifier: MIT
// Row: the robust list. A thread that ends while it holds a robust mutex must leave EOWNERDEAD to the next; without the list the
// next waits for ever (here: times out), or locking itself follows a null pointer.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <sys/mman.h>

static pthread_mutex_t* new_robust_mutex() {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    auto* mutex = static_cast<pthread_mutex_t*>(page);
    REQUIRE(pthread_mutex_init(mutex, &attributes) == 0);
    return mutex;
}

static int lock_within_seconds(pthread_mutex_t* mutex, int seconds) {
    timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += seconds;
    return pthread_mutex_timedlock(mutex, &limit);
}

static void row() {
    for (int round = 0; round < 3; ++round) {
        pthread_mutex_t* mutex = new_robust_mutex();
        support::raw_thread([&] { REQUIRE(pthread_mutex_lock(mutex) == 0); }); // ends as its owner
        REQUIRE(lock_within_seconds(mutex, 3) == EOWNERDEAD);
        REQUIRE(pthread_mutex_consistent(mutex) == 0);
        REQUIRE(pthread_mutex_unlock(mutex) == 0);
        support::raw_thread([&] { REQUIRE(pthread_mutex_lock(mutex) == 0); });
        support::raw_thread([&] { // a worker inherits from a worker
            REQUIRE(lock_within_seconds(mutex, 3) == EOWNERDEAD);
            REQUIRE(pthread_mutex_consistent(mutex) == 0);
            REQUIRE(pthread_mutex_unlock(mutex) == 0);
        });
        // Dies as owner, and the mutex goes away with its memory: the next thread on the same block must not follow the old list.
        support::raw_thread([&] { REQUIRE(pthread_mutex_lock(mutex) == 0); });
        REQUIRE(munmap(mutex, 4096) == 0);
        pthread_mutex_t* next = new_robust_mutex();
        support::raw_thread([&] {
            REQUIRE(pthread_mutex_lock(next) == 0);
            REQUIRE(pthread_mutex_unlock(next) == 0);
        });
        REQUIRE(munmap(next, 4096) == 0);
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::robust_list, row);
}
