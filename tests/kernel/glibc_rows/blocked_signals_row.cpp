// SPDX-License-Identifier: MIT
// Row: signals are blocked around the clone and at the end. Without that a handler runs on a half-made thread: here it asks isalpha(),
// which crashes before a new block has its locale, and which thread this is, which a block used before does not know yet.
// The attacker knows the newest tid and sends to the next numbers: the signal is often there before the thread's first instruction.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <sys/syscall.h>

static std::atomic<int> handled{0};
static thread_local int own = 7;
static thread_local int handled_here = 0;

static void handler(int) {
    const int kept = errno;
    volatile int letter = 'q';
    const weft::kernel::thread* here = weft::kernel::this_thread();
    const bool whole = gettid() == getpid() || (here && weft::kernel::tid_of(here) == gettid());
    if (!std::isalpha(letter) || own != 7 || !whole) {
        support::check_failed("the handler found a half-made thread", __FILE__, __LINE__);
    }
    ++handled_here;
    ++handled;
    errno = kept;
}

static void row() {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    REQUIRE(sigaction(SIGUSR1, &action, nullptr) == 0);
    std::atomic<pid_t> newest{gettid()};
    std::atomic<bool> stop{false};
    support::raw_thread attacker([&] {
        const pid_t process = getpid();
        while (!stop) {
            const pid_t base = newest;
            for (pid_t guess = base + 1; guess < base + 4; ++guess) {
                syscall(SYS_tgkill, process, guess, SIGUSR1); // only threads of this process can be meant
            }
        }
    });
    newest = attacker.tid();
    std::atomic<int> ran{0};
    std::atomic<int> hit{0};
    constexpr int threads = 4000;
    for (int i = 0; i < threads; ++i) {
        support::raw_thread([&] {
            REQUIRE(own == 7);
            sigset_t mask;
            REQUIRE(pthread_sigmask(SIG_SETMASK, nullptr, &mask) == 0);
            REQUIRE(!sigismember(&mask, SIGUSR1)); // inherited from main, which lets it through
            newest = gettid();
            hit += handled_here > 0;
            ++ran;
        });
    }
    stop = true;
    REQUIRE(ran == threads);
    support::say("%d signals handled, %d of %d threads were hit before their first line\n", handled.load(), hit.load(), threads);
    REQUIRE(hit > 0);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::blocked_signals, row);
}
