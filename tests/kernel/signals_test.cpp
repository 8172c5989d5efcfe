// SPDX-License-Identifier: MIT
// Signals, cancellation and set-user-id on raw threads: what works, and, as a record, what does not.
#include "support/child.hpp"
#include "support/sanitized.hpp"
#include <atomic>
#include <csignal>
#include <pthread.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

std::atomic<pid_t> handled_by{0};
std::atomic<int> handled{0};
thread_local int handled_here = 0;

void note(int) {
    const int kept = errno;
    handled_by = gettid();
    ++handled;
    ++handled_here;
    errno = kept;
}

void install(int signal, int flags = 0) {
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = flags;
    REQUIRE(sigaction(signal, &action, nullptr) == 0);
}

void directed() {
    install(SIGUSR1);
    handled = 0;
    std::atomic<pthread_t> self{};
    std::atomic<int> stage{0};
    int seen = 0;
    kernel_thread t([&] {
        self = pthread_self();
        stage = 1;
        REQUIRE(support::eventually([&] { return stage == 2; }));
        seen = handled_here;
    });
    REQUIRE(support::eventually([&] { return stage == 1; }));
    REQUIRE(syscall(SYS_tgkill, getpid(), t.native_handle(), SIGUSR1) == 0);
    REQUIRE(support::eventually([] { return handled == 1; }));
    REQUIRE(handled_by == t.native_handle());
    REQUIRE(pthread_kill(self, SIGUSR1) == 0); // by glibc's name for it, too
    REQUIRE(support::eventually([] { return handled == 2; }));
    REQUIRE(handled_by == t.native_handle());
    stage = 2;
    t.join();
    REQUIRE(seen == 2);
}

void process_directed() {
    install(SIGUSR1);
    handled = 0;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    std::atomic<bool> leave{false};
    kernel_thread t([&] { REQUIRE(support::eventually([&] { return leave.load(); })); });
    REQUIRE(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0); // main does not take it: the worker must
    REQUIRE(kill(getpid(), SIGUSR1) == 0);
    REQUIRE(support::eventually([] { return handled == 1; }));
    REQUIRE(handled_by == t.native_handle());
    leave = true;
    t.join();
    REQUIRE(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

void mask_is_inherited() {
    for (const bool blocked : {true, false, true}) {
        sigset_t set;
        sigset_t before;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigaddset(&set, SIGRTMIN + 3);
        REQUIRE(pthread_sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, &before) == 0);
        kernel_thread([&] {
            sigset_t mine;
            REQUIRE(pthread_sigmask(SIG_SETMASK, nullptr, &mine) == 0);
            REQUIRE(sigismember(&mine, SIGUSR2) == blocked && sigismember(&mine, SIGRTMIN + 3) == blocked);
            REQUIRE(!sigismember(&mine, SIGTERM) && !sigismember(&mine, SIGSEGV));
            sigfillset(&mine);
            REQUIRE(pthread_sigmask(SIG_SETMASK, &mine, nullptr) == 0); // its own affair
        }).join();
        sigset_t after;
        REQUIRE(pthread_sigmask(SIG_SETMASK, &before, &after) == 0);
        REQUIRE(sigismember(&after, SIGUSR2) == blocked && !sigismember(&after, SIGTERM));
    }
}

void waits_for_a_signal() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigset_t before;
    REQUIRE(pthread_sigmask(SIG_BLOCK, &set, &before) == 0);
    std::atomic<int> got{0};
    kernel_thread t([&] {
        int signal = 0;
        REQUIRE(sigwait(&set, &signal) == 0);
        got = signal;
    });
    REQUIRE(syscall(SYS_tgkill, getpid(), t.native_handle(), SIGUSR2) == 0);
    t.join();
    REQUIRE(got == SIGUSR2);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

void alternate_stack() {
    static std::atomic<bool> on_the_alternate;
    static char area[64 * 1024];
    struct sigaction action {};
    action.sa_handler = [](int) {
        const char local = 0;
        on_the_alternate = &local >= area && &local < area + sizeof area;
    };
    action.sa_flags = SA_ONSTACK;
    REQUIRE(sigaction(SIGUSR2, &action, nullptr) == 0);
    kernel_thread([] {
        stack_t stack{}, before{};
        stack.ss_sp = area;
        stack.ss_size = sizeof area;
        REQUIRE(sigaltstack(&stack, &before) == 0);
        REQUIRE(raise(SIGUSR2) == 0);
        REQUIRE(on_the_alternate);
        if (before.ss_sp) { // a sanitizer's, which it wants to find again
            REQUIRE(sigaltstack(&before, nullptr) == 0);
        }
    }).join();
    kernel_thread([] { // the next thread on that memory has none
        stack_t stack{};
        REQUIRE(sigaltstack(nullptr, &stack) == 0 && stack.ss_sp != area && ((stack.ss_flags & SS_DISABLE) || test::sanitized));
    }).join();
}

void flood() {
    // Handlers everywhere, at every moment of a thread's life, while threads come and go.
    install(SIGUSR1, SA_RESTART);
    handled = 0;
    std::atomic<bool> stop{false};
    std::thread sender([&] {
        while (!stop) {
            kill(getpid(), SIGUSR1);
        }
    });
    std::atomic<int> ran{0};
    for (int i = 0; i < 3000; ++i) {
        kernel_thread([&] { ++ran; }).join();
    }
    stop = true;
    sender.join();
    REQUIRE(ran == 3000 && handled > 0);
}

// ---- what pthread_exit does here, and pthread_cancel

void exits_by_pthread_exit() {
    std::atomic<int> destroyed{0};
    struct witness {
        std::atomic<int>& count;
        ~witness() { ++count; }
    };
    bool went_on = false;
    auto argument = std::make_shared<int>(1);
    kernel_thread t([&, argument] {
        const witness one{destroyed};
        try {
            const witness two{destroyed};
            pthread_exit(nullptr);
        } catch (...) { // glibc's unwinding passes through, and must be let through
            ++destroyed;
            throw;
        }
        went_on = true;
    });
    t.join();
    REQUIRE(destroyed == 3 && !went_on && argument.use_count() == 1);
}

void cancelled() {
    // A worker carries glibc's EXITING mark, so that setuid() passes it over; the same mark makes pthread_cancel() a call without
    // effect. Stopping a thread is the program's business (std::stop_token).
    std::atomic<pthread_t> self{};
    std::atomic<bool> ready{false};
    std::atomic<bool> leave{false};
    bool reached_the_end = false;
    kernel_thread t([&] {
        self = pthread_self();
        ready = true;
        while (!leave) {
            pthread_testcancel();
            support::sleep_ms(1); // nanosleep: a cancellation point
        }
        reached_the_end = true;
    });
    REQUIRE(support::eventually([&] { return ready.load(); }));
    const int answer = pthread_cancel(self);
    support::say("  pthread_cancel answered %d\n", answer);
    support::sleep_ms(50);
    leave = true;
    t.join();
#if defined(WEFT_KERNEL_THREADS_PTHREAD)
    (void)reached_the_end;
#else
    REQUIRE(reached_the_end);
#endif
}

// ---- set-user-id

uid_t uid_of_this_thread() {
    return static_cast<uid_t>(syscall(SYS_getuid));
}

void setuid_by_main() {
    if (geteuid() != 0) {
        support::say("  (not root: only the call itself is tried)\n");
    }
    const auto how = support::run_in_child([] {
        const bool root = geteuid() == 0;
        std::atomic<int> stage{0};
        std::atomic<uid_t> workers{0};
        kernel_thread t([&] {
            stage = 1;
            REQUIRE(support::eventually([&] { return stage == 2; }));
            workers = uid_of_this_thread();
        });
        REQUIRE(support::eventually([&] { return stage == 1; }));
        const uid_t target = root ? 61234 : getuid();
        REQUIRE(setuid(target) == 0);
        REQUIRE(uid_of_this_thread() == target);
        stage = 2;
        t.join();
        // THE LIMIT: the running worker keeps its old ids. A new one has the new ids.
        support::say("worker: %u\n", workers.load());
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
        REQUIRE(workers == (root ? 0u : target));
#endif
        kernel_thread([&] { REQUIRE(uid_of_this_thread() == target); }).join();
        return 0;
    });
    require_exit(how, 0, "setuid by main while a worker runs");
}

void setuid_by_a_worker() {
    // The caller and all of glibc's own threads follow: main and pthreads. THE LIMIT again: other workers do not.
    const auto how = support::run_in_child([] {
        const bool root = geteuid() == 0;
        const uid_t before = getuid();
        const uid_t target = root ? 61234 : before;
        std::atomic<int> stage{0};
        std::atomic<uid_t> other_worker{~0u};
        std::atomic<uid_t> pthread{~0u};
        const auto watch = [&](std::atomic<uid_t>& seen) {
            ++stage;
            REQUIRE(support::eventually([&] { return stage == 3; }));
            seen = uid_of_this_thread();
        };
        kernel_thread other([&] { watch(other_worker); });
        std::thread standard([&] { watch(pthread); });
        REQUIRE(support::eventually([&] { return stage == 2; }));
        kernel_thread([&] {
            REQUIRE(setuid(target) == 0);
            REQUIRE(uid_of_this_thread() == target);
        }).join();
        stage = 3;
        other.join();
        standard.join();
        REQUIRE(uid_of_this_thread() == target && pthread == target);
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
        REQUIRE(other_worker == before);
#endif
        return 0;
    });
    require_exit(how, 0, "setuid by a worker");
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"a directed signal reaches its thread", directed},
         {"a signal to the process reaches a worker when main blocks it", process_directed},
         {"the mask is the creator's", mask_is_inherited},
         {"sigwait in a worker", waits_for_a_signal},
         {"an alternate stack is the thread's own", alternate_stack},
         {"a flood of signals while threads come and go", flood},
         {"pthread_exit unwinds and ends the thread", exits_by_pthread_exit},
         {"pthread_cancel has no effect on a worker", cancelled},
         {"setuid by main: running workers keep their ids", setuid_by_main},
         {"setuid by a worker: main and pthreads follow", setuid_by_a_worker}});
}
