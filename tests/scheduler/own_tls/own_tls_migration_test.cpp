// SPDX-License-Identifier: MIT
// A thread is moved to another kernel thread in the middle of a function that has taken addresses of thread_locals before: with its own TLS the
// addresses stay right, for a light task they do not. Built at -O3, and once more with link-time optimisation, by each compiler.
#include "../migrate.hpp"
#include "addresses.hpp"
#include "kinds.hpp"
#include <cerrno>
#include <dlfcn.h>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace {

WEFT_BOTH_KINDS(migrated);

TEST_P(migrated, addresses_that_the_compiler_keeps_across_a_move_stay_right) {
    EXPECT_TRUE(test::with_two_workers(k(), [this] {
        const test::seen before = test::look();
        const int kernel_thread = test::kernel_thread_now();
        EXPECT_TRUE(test::migrate());
        EXPECT_NE(test::kernel_thread_now(), kernel_thread);
        return own() == (test::look() == before);
    }));
}
TEST_P(migrated, values_written_through_a_kept_address_are_read_by_name) {
    EXPECT_TRUE(test::with_two_workers(k(), [this] {
        const int read_back = test::write_move_read([] { return test::migrate(); });
        return own() == (read_back == 42);
    }));
}
TEST_P(migrated, errno_survives) {
    EXPECT_TRUE(test::with_two_workers(k(), [this] {
        errno = ENOENT;
        EXPECT_TRUE(test::migrate());
        const bool kept = test::errno_now() == ENOENT;
        return !own() || kept; // a light task may find the same number by chance
    }));
}
TEST_P(migrated, a_mutex_is_unlocked_by_its_owner) {
    EXPECT_TRUE(test::with_two_workers(k(), [this] {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
        pthread_mutex_t m;
        pthread_mutex_init(&m, &attributes);
        pthread_mutex_lock(&m);
        EXPECT_TRUE(test::migrate());
        const int answer = pthread_mutex_unlock(&m);
        return answer == (own() ? 0 : EPERM);
    }));
}
TEST_P(migrated, a_loaded_modules_thread_local_survives) {
    for (const char* path : {WEFT_TLS_DYNAMIC_MODULE, WEFT_TLS_INITIAL_EXEC_MODULE}) {
        void* module = dlopen(path, RTLD_NOW);
        ASSERT_NE(module, nullptr) << dlerror();
        auto* address = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
        ASSERT_NE(address, nullptr);
        EXPECT_TRUE(test::with_two_workers(k(), [&] {
            int* const before = address();
            EXPECT_TRUE(*before == 4711 || *before == 815);
            *before += 1;
            EXPECT_TRUE(test::migrate());
            const bool kept = address() == before && (*address() == 4712 || *address() == 816);
            return own() == kept;
        }));
        dlclose(module);
    }
}
TEST_P(migrated, a_module_loaded_while_threads_are_suspended_is_initialised_in_each) {
    weft::runtime_options o;
    o.workers = 2;
    weft::runtime rt(o);
    rt.run([this] {
        weft::counting_semaphore<> go{0}, ready{0};
        int* (*address)() = nullptr;
        std::vector<weft::join_handle<int>> all;
        for (int i = 0; i < 20; ++i) {
            all.push_back(test::start(k(), [&] {
                ready.release();
                go.acquire();
                return ++*address();
            }));
        }
        for (int i = 0; i < 20; ++i) {
            ready.acquire();
        }
        void* module = dlopen(WEFT_TLS_INITIAL_EXEC_MODULE, RTLD_NOW);
        ASSERT_NE(module, nullptr) << dlerror();
        address = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
        go.release(20);
        int fresh = 0;
        for (auto& h : all) {
            fresh += h.join() == 816;
        }
        EXPECT_EQ(fresh == 20, own()) << fresh; // of light ones only the first on each worker finds a fresh one
        dlclose(module);
    });
}

} // namespace
