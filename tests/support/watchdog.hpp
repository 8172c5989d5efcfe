// SPDX-License-Identifier: MIT
// A test that hangs must end, say that it hung, and show what it can: a watchdog ends the process with exit code 124.
//
//   test::watchdog guard(20, "the last task is joined");               // until the end of the block
//   test::watchdog guard(20, "soak", [](void* r) { static_cast<weft::runtime*>(r)->dump(2); }, &runtime);
//
// By an interval timer and SIGALRM, not by a thread: a test of kernel threads must not get a second thread from the test's own
// tools (glibc changes its ways with the first one). Sanitizer builds use a thread instead: ThreadSanitizer may hold a signal back
// for ever, and kernel threads are pthreads there anyway. A watchdog inside another replaces it for its own time. A child made by
// fork() has no timer: arm a new one there.
#pragma once
#include "support/sanitized.hpp"
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#if defined(WEFT_TEST_SANITIZED)
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#else
#include <csignal>
#endif

namespace test {

inline constexpr int watchdog_exit_code = 124; // as timeout(1)

/// What a watchdog does when its time is up. Only calls that are safe in a signal handler.
class watchdog_report {
  public:
    using dump_function = void (*)(void* argument);
    const char* what = "";
    unsigned seconds = 0;
    dump_function dump = nullptr;
    void* argument = nullptr;

    [[noreturn]] void end_process() const {
        char text[256];
        say(text, std::snprintf(text, sizeof text, "watchdog: after %u s this had not ended: %s\n", seconds, what));
        if (dump) {
            dump(argument);
        }
        // Each kernel thread: its name, its state and the system call that it is in.
        const int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char entries[4096];
        for (long n; folder >= 0 && (n = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;) {
            for (long at = 0; at < n;) {
                unsigned short length = 0;
                std::memcpy(&length, entries + at + 16, sizeof length); // linux_dirent64: d_reclen
                const char* tid = entries + at + 19;                    // d_name
                if (tid[0] != '.') {
                    describe_thread(tid);
                }
                at += length;
            }
        }
        _exit(watchdog_exit_code);
    }

  private:
    static void say(const char* text, int length) {
        if (length > 0) {
            (void)!write(2, text, static_cast<std::size_t>(length));
        }
    }
    static void read_line(const char* tid, const char* file, char* into, std::size_t size) {
        char path[64];
        std::snprintf(path, sizeof path, "/proc/self/task/%s/%s", tid, file);
        const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
        const long n = descriptor < 0 ? 0 : read(descriptor, into, size - 1);
        into[n > 0 ? n : 0] = '\0';
        into[std::strcspn(into, "\n")] = '\0';
        close(descriptor);
    }
    static void describe_thread(const char* tid) {
        char name[32], call[96], text[192];
        read_line(tid, "comm", name, sizeof name);
        read_line(tid, "syscall", call, sizeof call); // "running", or number, arguments, stack pointer, instruction pointer
        say(text, std::snprintf(text, sizeof text, "watchdog:   thread %s '%s': %s\n", tid, name, call));
    }
};

#if defined(WEFT_TEST_SANITIZED)

class watchdog {
  public:
    explicit watchdog(unsigned seconds, const char* what = "the test", watchdog_report::dump_function dump = nullptr,
                      void* argument = nullptr)
        : report_{what, 6 * seconds, dump, argument}, thread_([this] { // code under a sanitizer runs 5 to 15 times longer
              std::unique_lock hold(lock_);
              on_ = true;
              changed_.notify_one();
              if (!changed_.wait_for(hold, std::chrono::seconds(report_.seconds), [this] { return off_; })) {
                  report_.end_process();
              }
          }) {
        // A thread that begins has descriptors of the sanitizer's open, which a test that counts them must not see come and go.
        std::unique_lock hold(lock_);
        changed_.wait(hold, [this] { return on_; });
    }
    ~watchdog() {
        {
            std::lock_guard hold(lock_);
            off_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

  private:
    const watchdog_report report_;
    std::mutex lock_;
    std::condition_variable changed_;
    bool on_ = false;  // guarded by lock_
    bool off_ = false; // guarded by lock_
    std::thread thread_;
};

#else

class watchdog {
  public:
    explicit watchdog(unsigned seconds, const char* what = "the test", watchdog_report::dump_function dump = nullptr,
                      void* argument = nullptr)
        : outer_(current_) {
        current_ = {what, seconds, dump, argument};
        struct sigaction act {};
        act.sa_handler = [](int) { current_.end_process(); };
        sigaction(SIGALRM, &act, &outer_action_);
        const itimerval limit{{0, 0}, {static_cast<time_t>(seconds), 0}};
        setitimer(ITIMER_REAL, &limit, &outer_limit_);
    }
    ~watchdog() {
        setitimer(ITIMER_REAL, &outer_limit_, nullptr);
        sigaction(SIGALRM, &outer_action_, nullptr);
        current_ = outer_;
    }
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

  private:
    static inline watchdog_report current_;
    watchdog_report outer_;
    struct sigaction outer_action_ {};
    itimerval outer_limit_{};
};

#endif

} // namespace test
