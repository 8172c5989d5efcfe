// SPDX-License-Identifier: MIT
// Whatever libc and the language keep per thread is a task's own when it has its own TLS, and its worker's when it has not.
#include "kinds.hpp"
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstring>
#include <exception>
#include <locale.h>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using test::across_a_neighbour;

WEFT_BOTH_KINDS(per_thread);

thread_local int number = 7;
thread_local std::string text = "fresh";

TEST_P(per_thread, a_thread_local_keeps_its_value_beside_a_neighbour) {
    EXPECT_EQ(own(), across_a_neighbour(k(), [] { number = 1; }, [] { number = 2; }, [] { return number == 1; }));
}
TEST_P(per_thread, a_thread_local_starts_fresh_beside_a_neighbour) {
    bool fresh = false;
    (void)across_a_neighbour(k(), [] { number = 1, text = "used"; }, [&] { fresh = number == 7 && text == "fresh"; }, [] { return true; });
    EXPECT_EQ(own(), fresh);
}
TEST_P(per_thread, errno_keeps_its_value) {
    EXPECT_EQ(own(), across_a_neighbour(k(), [] { errno = ENOENT; }, [] { errno = EBADF; }, [] { return errno == ENOENT; }));
}
TEST_P(per_thread, std_this_thread_get_id_tells_threads_apart) {
    std::thread::id a, b;
    EXPECT_TRUE(across_a_neighbour(k(), [&] { a = std::this_thread::get_id(); }, [&] { b = std::this_thread::get_id(); },
                                   [&] { return a == std::this_thread::get_id(); }));
    EXPECT_EQ(own(), a != b);
}
TEST_P(per_thread, the_locale_of_uselocale_is_kept) {
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", nullptr);
    ASSERT_NE(c_locale, nullptr);
    EXPECT_EQ(own(), across_a_neighbour(k(), [&] { uselocale(c_locale); }, [] { uselocale(LC_GLOBAL_LOCALE); },
                                        [&] { return uselocale(nullptr) == c_locale; }));
    freelocale(c_locale);
}
TEST_P(per_thread, the_buffer_of_strerror_is_kept) {
    const char* message = nullptr;
    EXPECT_EQ(own(), across_a_neighbour(k(), [&] { message = std::strerror(12345); }, [] { (void)std::strerror(54321); },
                                        [&] { return std::string(message).find("12345") != std::string::npos; }));
}
TEST_P(per_thread, a_pthread_keys_value_is_kept) {
    pthread_key_t key{};
    ASSERT_EQ(pthread_key_create(&key, nullptr), 0);
    int one = 1, two = 2;
    EXPECT_EQ(own(), across_a_neighbour(k(), [&] { pthread_setspecific(key, &one); }, [&] { pthread_setspecific(key, &two); },
                                        [&] { return pthread_getspecific(key) == &one; }));
    pthread_key_delete(key);
}
TEST_P(per_thread, a_recursive_mutex_keeps_neighbours_out) {
    std::recursive_mutex m;
    bool got_in = true;
    (void)across_a_neighbour(
        k(), [&] { m.lock(); },
        [&] {
            got_in = m.try_lock();
            if (got_in) {
                m.unlock();
            }
        },
        [&] {
            m.unlock();
            return true;
        });
    EXPECT_EQ(own(), !got_in);
}
TEST_P(per_thread, an_error_checking_mutex_knows_a_stranger_from_its_owner) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t m;
    pthread_mutex_init(&m, &attributes);
    int strangers_answer = 0;
    (void)across_a_neighbour(
        k(), [&] { EXPECT_EQ(pthread_mutex_lock(&m), 0); }, [&] { strangers_answer = pthread_mutex_unlock(&m); }, [] { return true; });
    EXPECT_EQ(own(), strangers_answer == EPERM);
    if (own()) {
        EXPECT_EQ(pthread_mutex_trylock(&m), EBUSY);
    }
    pthread_mutexattr_destroy(&attributes);
}
TEST_P(per_thread, pthread_self_and_the_stack_that_it_tells_of_are_the_threads_own) {
    weft::runtime_options o;
    o.workers = 1;
    weft::runtime rt(o);
    const bool mine = rt.run([&] {
        return test::start(k(), [] {
            pthread_attr_t attributes;
            // ESRCH for a thread that is none of the kernel's: libc also asks for its affinity. What else it knows is filled in by then.
            const int answer = pthread_getattr_np(pthread_self(), &attributes);
            EXPECT_TRUE(answer == 0 || answer == ESRCH) << answer;
            void* low = nullptr;
            std::size_t size = 0;
            pthread_attr_getstack(&attributes, &low, &size);
            pthread_attr_destroy(&attributes);
            const char* here = static_cast<const char*>(__builtin_frame_address(0));
            return here >= static_cast<char*>(low) && here < static_cast<char*>(low) + size;
        }).join();
    });
    EXPECT_EQ(own(), mine);
}

// What holds for both kinds, since weft sees to it for light tasks too, or the kernel answers.
TEST_P(per_thread, exceptions_in_flight_are_kept) {
    EXPECT_TRUE(test::with_two_workers(k(), [] {
        try {
            throw std::runtime_error("mine");
        } catch (...) {
            const int before = std::uncaught_exceptions();
            weft::yield();
            try {
                throw;
            } catch (const std::runtime_error& e) {
                return before == std::uncaught_exceptions() && std::string(e.what()) == "mine";
            }
        }
    }));
}
TEST_P(per_thread, sched_getcpu_answers_a_cpu_of_this_machine) {
    const int cpu = test::with_two_workers(k(), [] { return sched_getcpu(); });
    EXPECT_GE(cpu, 0);
    EXPECT_LT(cpu, sysconf(_SC_NPROCESSORS_CONF));
    cpu_set_t one;
    CPU_ZERO(&one);
    const unsigned last = [] {
        cpu_set_t mine;
        sched_getaffinity(0, sizeof mine, &mine);
        unsigned n = 0;
        for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
            n = CPU_ISSET(i, &mine) ? i : n;
        }
        return n;
    }();
    EXPECT_EQ(last, static_cast<unsigned>(test::with_two_workers(k(), [&] {
        cpu_set_t before;
        sched_getaffinity(0, sizeof before, &before);
        cpu_set_t target;
        CPU_ZERO(&target);
        CPU_SET(last, &target);
        sched_setaffinity(0, sizeof target, &target);
        const int there = sched_getcpu();
        sched_setaffinity(0, sizeof before, &before);
        return there;
    })));
}
TEST_P(per_thread, what_is_kept_per_process_stays_so) {
    const mode_t before = umask(022);
    (void)test::with_two_workers(k(), [] { return umask(027); });
    EXPECT_EQ(umask(before), 027u);
    EXPECT_EQ(test::with_two_workers(k(), [] { return getpid(); }), getpid());
}

volatile std::sig_atomic_t handler_saw = 0;
TEST_P(per_thread, a_signal_handler_sees_the_threads_errno_and_leaves_it_intact) {
    struct sigaction action = {}, before = {};
    action.sa_handler = [](int) {
        handler_saw = errno;
        errno = EINTR; // what a careless handler does is kept off other threads as well
        errno = handler_saw;
    };
    sigaction(SIGUSR1, &action, &before);
    handler_saw = 0;
    const bool intact = across_a_neighbour(
        k(), [] { errno = EDOM; }, [] { errno = ERANGE; },
        [] {
            raise(SIGUSR1);
            return errno == EDOM && handler_saw == EDOM;
        });
    sigaction(SIGUSR1, &before, nullptr);
    EXPECT_EQ(own(), intact);
}

} // namespace
