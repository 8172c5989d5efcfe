// SPDX-License-Identifier: MIT
// The kernel refuses a thread: a typed error with a sentence, and nothing is left behind: no thread, mapping, descriptor or copy of
// an argument. When the kernel allows it again, so do we. Each limit is set in a child process, since it cannot be lifted there.
#include "support/child.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <memory>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

#if defined(WEFT_KERNEL_THREADS_PTHREAD)
[[maybe_unused]] constexpr int no_memory = EAGAIN; // pthread_create knows only the one refusal
constexpr bool tries_clone_after_eperm = false;
#else
constexpr int no_memory = ENOMEM;
constexpr bool tries_clone_after_eperm = true;
#endif

weft::kernel_thread_attributes with_stack(std::size_t size) {
    weft::kernel_thread_attributes how;
    how.stack_size = size;
    return how;
}

/// Tries to make a thread that must be refused; returns the code, 0 when it was made.
int refused_with(std::size_t stack_size, bool loud = false) {
    auto witness = std::make_shared<int>(0);
    int code = 0;
    try {
        kernel_thread t(with_stack(stack_size), [witness] { support::check_failed("ran", __FILE__, __LINE__); });
        t.join();
    } catch (const std::system_error& e) {
        code = e.code().value();
        REQUIRE(e.code().category() == std::generic_category() || e.code().category() == std::system_category());
        REQUIRE(std::strstr(e.what(), "weft::kernel_thread") && std::strlen(e.what()) > 30);
        if (loud) {
            support::say("%s\n", e.what());
        }
    }
    REQUIRE(witness.use_count() == 1);
    return code;
}

/// What must not change when a thread is refused.
struct holdings {
    int threads = support::count_threads();
    int descriptors = support::count_descriptors();
    int mappings = support::count_mappings();
    bool operator==(const holdings&) const = default;
};

void too_many_threads() {
    const auto how = support::run_in_child([] {
        kernel_thread(with_stack(64 * 1024), [] {}).join(); // all that is made once is made
        REQUIRE(setresgid(61234, 61234, 61234) == 0 || geteuid() != 0);
        REQUIRE(setresuid(61234, 61234, 61234) == 0 || geteuid() != 0); // root is not bound by the limit
        REQUIRE(prctl(PR_SET_DUMPABLE, 1) == 0);                        // keeps /proc/self readable
        rlimit limit{};
        REQUIRE(getrlimit(RLIMIT_NPROC, &limit) == 0);
        const rlimit one{1, limit.rlim_max};
        REQUIRE(setrlimit(RLIMIT_NPROC, &one) == 0);
        REQUIRE(refused_with(64 * 1024, true) == EAGAIN);
        const holdings before;
        for (int i = 0; i < 300; ++i) {
            REQUIRE(refused_with(64 * 1024) == EAGAIN);
            REQUIRE(refused_with(1024 * 1024) == EAGAIN); // a new block that must go again, or be kept for the next try
        }
        const holdings after;
        support::say("threads %d %d, descriptors %d %d, mappings %d %d\n", before.threads, after.threads, before.descriptors,
                     after.descriptors, before.mappings, after.mappings);
        REQUIRE(after.threads == before.threads && after.descriptors == before.descriptors);
        REQUIRE(after.mappings <= before.mappings + 4);
        REQUIRE(std::error_code(EAGAIN, std::generic_category()) == std::errc::resource_unavailable_try_again);
        REQUIRE(setrlimit(RLIMIT_NPROC, &limit) == 0);
        bool ran = false;
        kernel_thread(with_stack(64 * 1024), [&] { ran = true; }).join();
        REQUIRE(ran);
        return 0;
    });
    require_exit(how, 0, "RLIMIT_NPROC");
    REQUIRE(how.says("RLIMIT_NPROC"));
}

void too_little_memory() {
#if defined(WEFT_TEST_SANITIZED)
    support::say("(sanitizers need the address space: not tried)\n");
#else
    const auto how = support::run_in_child([] {
        kernel_thread(with_stack(64 * 1024), [] {}).join();
        rlimit limit{};
        REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
        const rlimit tight{static_cast<rlim_t>(support::mapped_bytes()) + 4 * 1024 * 1024, limit.rlim_max};
        REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
        REQUIRE(refused_with(64 * 1024 * 1024, true) == no_memory);
        const holdings before;
        for (int i = 0; i < 500; ++i) {
            REQUIRE(refused_with(64 * 1024 * 1024) == no_memory);
        }
        REQUIRE(holdings() == before);
        bool ran = false;
        kernel_thread(with_stack(64 * 1024), [&] { ran = true; }).join(); // what fits still works
        REQUIRE(ran);
        // Eat the rest by living threads: the last one is refused, all others run.
        std::vector<kernel_thread> living;
        std::atomic<bool> leave{false};
        int code = 0;
        for (int i = 0; i < 1000 && code == 0; ++i) {
            try {
                living.reserve(living.size() + 1);
                living.emplace_back(with_stack(512 * 1024), [&] {
                    while (!leave) {
                        support::sleep_ms(1);
                    }
                });
            } catch (const std::system_error& e) {
                code = e.code().value();
            } catch (const std::bad_alloc&) {
                code = no_memory;
            }
        }
        REQUIRE(code == no_memory && living.size() > 1);
        leave = true;
        for (kernel_thread& t : living) {
            t.join();
        }
        REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
        kernel_thread(with_stack(8 * 1024 * 1024), [] {}).join();
        return 0;
    });
    require_exit(how, 0, "RLIMIT_AS");
    REQUIRE(no_memory != ENOMEM || how.says("RLIMIT_AS"));
#endif
}

/// From here on the given system calls answer -error in this process, as container engines make them do.
void refuse_system_calls(int error, bool clone_as_well) {
    const auto call_is = [](unsigned number, unsigned char skip_if_not) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, skip_if_not, number};
    };
    const sock_filter answer_error{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)};
    const sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_filter load_number{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)};
    sock_filter program[] = {load_number,
                             call_is(SYS_clone3, 1), answer_error,
                             call_is(clone_as_well ? SYS_clone : SYS_clone3, 1), answer_error,
                             allow};
    const sock_fprog filter{sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        support::skip("seccomp filters are not allowed here");
    }
}

int make_some_threads() {
    std::atomic<int> ran{0};
    for (int round = 0; round < 20; ++round) {
        kernel_thread a([&] { ++ran; });
        kernel_thread b([&] { ++ran; });
        a.join();
        b.join();
    }
    REQUIRE(ran == 40);
    return 0;
}

void clone3_refused(int error) {
    if (error == EPERM && !tries_clone_after_eperm) {
        return;
    }
    auto how = support::run_in_child([&] {
        refuse_system_calls(error, false);
        return make_some_threads();
    });
    require_exit(how, 0, "clone3 refused before the first thread");
    how = support::run_in_child([&] {
        make_some_threads();
        refuse_system_calls(error, false); // a program may put itself into a sandbox later
        return make_some_threads();
    });
    require_exit(how, 0, "clone3 refused after the first thread");
}

void both_refused(int error) {
    const auto how = support::run_in_child([&] {
        refuse_system_calls(error, true);
        REQUIRE(refused_with(64 * 1024, true) == error);
        const holdings before;
        for (int i = 0; i < 300; ++i) {
            REQUIRE(refused_with(64 * 1024) == error);
        }
        REQUIRE(holdings() == before);
        return 0;
    });
    require_exit(how, 0, "clone3 and clone refused");
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"RLIMIT_NPROC: resource_unavailable_try_again", too_many_threads},
         {"RLIMIT_AS: not_enough_memory", too_little_memory},
         {"clone3 answers ENOSYS: clone is used", [] { clone3_refused(ENOSYS); }},
         {"clone3 answers EPERM: clone is used", [] { clone3_refused(EPERM); }},
         {"clone3 and clone answer EPERM: a typed error", [] { both_refused(EPERM); }},
         {"clone3 and clone answer ENOSYS: a typed error", [] { both_refused(ENOSYS); }},
         {"clone3 and clone answer EAGAIN: a typed error", [] { both_refused(EAGAIN); }}});
}
