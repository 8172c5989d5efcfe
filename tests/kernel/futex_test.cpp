// SPDX-License-Identifier: MIT
// futex_wait and futex_wake: no lost wake, absolute deadlines, the return for a changed word, shared against private.
#include "kernel/futex.hpp"
#include "support/child.hpp"
#include <chrono>
#include <csignal>
#include <pthread.h>
#include <sys/mman.h>
#include <thread>
#include <vector>

using namespace weft::kernel;

namespace {

void changed_word_does_not_sleep() {
    const std::atomic<std::uint32_t> word{1};
    REQUIRE(futex_wait(word, 0) == futex_outcome::woken_or_changed);
    REQUIRE(futex_wait(word, 0, 1) == futex_outcome::woken_or_changed); // even when the deadline has passed
}

void deadline_is_kept() {
    const std::atomic<std::uint32_t> word{0};
    const auto start = monotonic_ns();
    const auto deadline = start + 30'000'000;
    while (futex_wait(word, 0, deadline) != futex_outcome::timed_out) {
    }
    REQUIRE(monotonic_ns() >= deadline);
    REQUIRE(futex_wait(word, 0, 0) == futex_outcome::timed_out); // the past
    REQUIRE(futex_wait(word, 0, start) == futex_outcome::timed_out);
}

void wake_counts_sleepers() {
    std::atomic<std::uint32_t> word{0};
    REQUIRE(futex_wake(word, 1) == 0);
    constexpr int sleepers = 4;
    std::atomic<int> gone{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < sleepers; ++i) {
        threads.emplace_back([&] {
            while (word == 0) {
                futex_wait(word, 0);
            }
            ++gone;
        });
    }
    int woken = 0;
    // Who is woken while the word still says 0 goes back to sleep: so wakes are counted only until all have been seen.
    word = 1;
    REQUIRE(support::eventually([&] {
        woken += futex_wake(word, 1);
        return gone == sleepers;
    }));
    REQUIRE(woken <= sleepers);
    for (auto& t : threads) {
        t.join();
    }
    REQUIRE(futex_wake_all(word) == 0);
}

void no_wake_is_lost() {
    // Two threads hand a number to and fro; a lost wake would stop them (and the time limit would end the program).
    std::atomic<std::uint32_t> word{0};
    constexpr std::uint32_t rounds = 20'000;
    const auto play = [&](std::uint32_t mine) {
        for (std::uint32_t turn = mine; turn < rounds; turn += 2) {
            for (std::uint32_t seen; (seen = word) != turn;) {
                futex_wait(word, seen);
            }
            word = turn + 1;
            futex_wake(word, 1);
        }
    };
    std::thread other(play, 1u);
    play(0);
    other.join();
    REQUIRE(word == rounds);
}

void shared_between_processes() {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    auto& word = *new (page) std::atomic<std::uint32_t>(0);
    const auto how = support::run_in_child([&] {
        std::thread waker([&] {
            word = 1;
            // Only a shared wake may cross: the private one finds nobody in this process.
            REQUIRE(futex_wake_all(word) == 0);
            futex_wake_all(word, futex_scope::shared);
        });
        waker.join();
        return 0;
    });
    require_exit(how, 0, "the child that wakes");
    REQUIRE(word == 1);
    word = 0;
    const pid_t child = fork();
    REQUIRE(child != -1);
    if (child == 0) {
        while (word == 0) {
            futex_wait(word, 0, never, futex_scope::shared);
        }
        _exit(word == 1 ? 9 : 1);
    }
    // Wait until it sleeps there: a shared wake that finds it, with the word still 0, sends it back to sleep.
    REQUIRE(support::eventually([&] { return futex_wake(word, 1, futex_scope::shared) == 1; }));
    word = 1;
    futex_wake_all(word, futex_scope::shared);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 9);
    munmap(page, 4096);
}

void wake_of_unmapped_memory_is_harmless() {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    auto* word = new (page) std::atomic<std::uint32_t>(0);
    REQUIRE(munmap(page, 4096) == 0);
    REQUIRE(futex_wake(*word, 1) == 0);
    REQUIRE(futex_wake(*word, 1, futex_scope::shared) == 0);
}

void errno_is_not_touched() {
    const std::atomic<std::uint32_t> word{1};
    errno = 77;
    futex_wait(word, 0);
    futex_wait(word, 1, 1);
    REQUIRE(errno == 77);
}

void signal_returns() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    REQUIRE(sigaction(SIGUSR1, &action, nullptr) == 0);
    std::atomic<std::uint32_t> word{0};
    std::atomic<bool> returned{false};
    std::thread sleeper([&] {
        futex_wait(word, 0);
        returned = true;
    });
    REQUIRE(support::eventually([&] {
        pthread_kill(sleeper.native_handle(), SIGUSR1);
        return returned.load();
    }));
    sleeper.join();
}

void breaches_panic() {
    const auto unmapped = support::run_in_child([] {
        void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        auto* word = new (page) std::atomic<std::uint32_t>(0);
        munmap(page, 4096);
        futex_wait(*word, 0);
        return 0;
    });
    REQUIRE(unmapped.signal != 0 && unmapped.says("futex_wait: the word is not mapped") && unmapped.says("futex.cpp"));
    const auto misaligned = support::run_in_child([] {
        alignas(8) static char bytes[8] = {};
        futex_wait(*reinterpret_cast<std::atomic<std::uint32_t>*>(bytes + 1), 0);
        return 0;
    });
    REQUIRE(misaligned.signal != 0 || misaligned.says("Sanitizer") || misaligned.says("runtime error"));
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"a word that changed already does not sleep", changed_word_does_not_sleep},
         {"a deadline is kept, and the past is now", deadline_is_kept},
         {"wake tells how many slept", wake_counts_sleepers},
         {"no wake is lost", no_wake_is_lost},
         {"shared words cross processes, private ones do not", shared_between_processes},
         {"waking unmapped memory harms nobody", wake_of_unmapped_memory_is_harmless},
         {"errno is not touched", errno_is_not_touched},
         {"a signal ends the wait", signal_returns},
         {"waiting on bad memory is a panic", breaches_panic}});
}
