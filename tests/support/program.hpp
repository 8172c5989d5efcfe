// SPDX-License-Identifier: MIT
// Test programs with exit codes of their own: for the kernel floor, where a framework that starts threads, catches signals or
// counts on pthreads would hide the very faults that we look for.
//
//   0   every case held
//   1   a check failed (the sentence is on stderr)
//   77  skipped, by name: this machine cannot show it
//   128+n or a signal: the program died, which is a different fault from a failed check
//
// A check works on any thread and leaves by _exit: no exit handler may turn a failure into a hang.
#pragma once
#include "support/census.hpp"
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <unistd.h>

namespace support {

inline constexpr int failed = 1;
inline constexpr int skipped = 77;

/// Prints the sentence by write(2) alone, so that it also works on a half-made thread or under a broken stdio.
[[gnu::format(printf, 1, 2)]] inline void say(const char* format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0) {
        const auto kept = static_cast<std::size_t>(size) < sizeof line ? static_cast<std::size_t>(size) : sizeof line - 1;
        [[maybe_unused]] const auto written = write(2, line, kept);
    }
}

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
    say("FAILED %s:%d: %s (errno %d)\n", file, line, what, errno);
    _exit(failed);
}

[[noreturn]] inline void skip(const char* reason) {
    say("SKIPPED: %s\n", reason);
    _exit(skipped);
}

/// The process dies by SIGALRM when it has not ended by then. No thread is needed for it; a forked child sets its own.
inline void time_limit(unsigned seconds) {
    alarm(seconds);
}

inline void sleep_ms(long milliseconds) {
    timespec wait{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    while (nanosleep(&wait, &wait) == -1 && errno == EINTR) {
    }
}

/// Polls until the condition holds, at most `seconds`; true when it came to hold.
template <class Condition>
bool eventually(Condition holds, int seconds = 10) {
    for (long i = 0; i < seconds * 1000L; ++i) {
        if (holds()) {
            return true;
        }
        sleep_ms(1);
    }
    return holds();
}

struct test_case {
    const char* sentence;
    void (*run)();
};

/// Runs the cases in order (those whose sentence contains argv[1], when given). After each, every thread and descriptor that it
/// made must be gone.
inline int run_cases(int argc, char** argv, std::initializer_list<test_case> cases, unsigned limit_seconds = 100) {
    time_limit(limit_seconds);
    const char* filter = argc > 1 ? argv[1] : "";
    int ran = 0;
    for (const test_case& c : cases) {
        if (!std::strstr(c.sentence, filter)) {
            continue;
        }
        say("- %s\n", c.sentence);
        const int threads = count_threads() + (test::sanitized ? 1 : 0); // ThreadSanitizer starts one of its own when it likes
        const int descriptors = count_descriptors();
        c.run();
        // A joined thread's number stays listed for the moment that the kernel needs to bury it.
        if (!eventually([&] { return count_threads() <= threads; })) {
            say("FAILED: %d threads before, %d after\n", threads, count_threads());
            return failed;
        }
        // A thread of weft's own may close what it had a moment after the last waiter has gone.
        if (!eventually([&] { return count_descriptors() <= descriptors; })) {
            say("FAILED: %d descriptors before, %d after\n", descriptors, count_descriptors());
            return failed;
        }
        ++ran;
    }
    say("%d cases held\n", ran);
    return ran == 0 ? failed : 0;
}

/// The seed of a stress test: argv[1], else the clock. Printed, so that a run can be repeated.
inline unsigned long seed_of(int argc, char** argv) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const unsigned long seed = argc > 1 ? std::strtoul(argv[1], nullptr, 0) : static_cast<unsigned long>(now.tv_nsec ^ now.tv_sec);
    say("seed %lu\n", seed);
    return seed;
}

/// Seconds that a stress test may take: WEFT_STRESS_SECONDS, else the given number.
inline double stress_seconds(double otherwise) {
    const char* text = std::getenv("WEFT_STRESS_SECONDS");
    return text ? std::strtod(text, nullptr) : otherwise;
}

} // namespace support

/// Holds, or the program ends with 1 and says where.
#define REQUIRE(...)                                                                                                               \
    do {                                                                                                                           \
        if (!(__VA_ARGS__)) [[unlikely]] {                                                                                         \
            ::support::check_failed(#__VA_ARGS__, __FILE__, __LINE__);                                                             \
        }                                                                                                                          \
    } while (false)
