// SPDX-License-Identifier: MIT
// The typed door: children of each kind, the fallback to clone, the vfork-like spawn, and bad input with a sentence each.
#include "clone/filter.hpp"
#include "support/child.hpp"
#include "support/program.hpp"
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <vector>
#include <weft/clone.hpp>
#include <weft/raw.hpp>
#include <weft/runtime.hpp>
#include <weft/spawn.hpp>

using namespace support;
using weft::clone_builder;
using weft::clone_call;
using weft::clone_flag;

namespace {

volatile int seen = 0;

void a_copied_child() {
    seen = 1;
    auto child = clone_builder{}.start([] {
        seen = 2;
        return seen == 2 && getpid() == weft::raw_gettid() ? 11 : 1;
    });
    REQUIRE(child.pid() > 0 && child.made_by() == clone_call::clone3);
    REQUIRE(child.wait().value() == 11 && seen == 1);
    try {
        child.wait();
        check_failed("the second wait must throw", __FILE__, __LINE__);
    } catch (const std::system_error& e) {
        REQUIRE(e.code() == std::errc::no_child_process);
    }
}

void a_copied_child_on_a_stack_of_its_own() {
    weft::clone_stack stack;
    int here = 0;
    auto child =
        clone_builder{}.stack(stack.span()).start([&] { return reinterpret_cast<std::byte*>(&here) != nullptr ? 12 : 1; });
    REQUIRE(child.wait().value() == 12);
}

void a_child_that_shares_memory() {
    weft::clone_stack stack;
    struct probe {
        std::vector<int> data;
        int* where;
    } p{{1, 2, 3}, const_cast<int*>(&seen)};
    seen = 0;
    auto child = clone_builder{}
                     .flags(clone_flag::vm | clone_flag::fs | clone_flag::files)
                     .stack(stack.span())
                     .start([q = std::move(p), low = stack.span().data(), top = stack.top()] {
                         const auto* mine = reinterpret_cast<const std::byte*>(&q);
                         *q.where = q.data[2];
                         return mine >= low && mine < top ? 13 : 1;
                     });
    REQUIRE(child.wait().value() == 13 && seen == 3);
}

int plain(void* argument) {
    *static_cast<int*>(argument) = 5;
    return 14;
}

void base_and_size() {
    alignas(16) static std::byte memory[32 * 1024];
    int word = 0;
    auto child = clone_builder{}.flags(clone_flag::vm).stack(memory, sizeof memory).start(plain, &word);
    REQUIRE(child.wait().value() == 14 && word == 5);
    word = 0;
    pid_t tid = 0;
    const pid_t second =
        weft::clone2(plain, memory, sizeof memory,
                     static_cast<unsigned long>((clone_flag::vm | clone_flag::parent_settid).bits()) | SIGCHLD, &word, &tid);
    int status = 0;
    REQUIRE(waitpid(second, &status, 0) == second && WEXITSTATUS(status) == 14 && word == 5 && tid == second);
}

void tid_words_pidfd_and_signal() {
    pid_t tid = 0;
    auto child = clone_builder{}.parent_tid(&tid).pidfd().start([] {
        for (;;) {
            pause();
        }
    });
    REQUIRE(tid == child.pid() && child.pidfd() >= 0 && !child.try_wait());
    child.signal(SIGTERM);
    pollfd p{child.pidfd(), POLLIN, 0};
    REQUIRE(poll(&p, 1, 10'000) == 1);
    const weft::child_end end = child.wait();
    REQUIRE(!end.exited() && end.signal() == SIGTERM);
    // Both words with clone3; the descriptor is closed with the holder (run_cases counts).
}

void any_exit_signal_can_be_waited_for() {
    for (const int signal : {0, SIGCHLD, SIGUSR1}) {
        struct sigaction ignore {
        }, before{};
        ignore.sa_handler = [](int) {};
        sigaction(SIGUSR1, &ignore, &before);
        auto child = clone_builder{}.exit_signal(signal).start([] { return 15; });
        REQUIRE(child.wait().value() == 15);
        sigaction(SIGUSR1, &before, nullptr);
    }
}

void a_thread() {
    static std::uint32_t alive;
    alive = 1;
    seen = 0;
    weft::clone_stack stack;
    auto child = clone_builder{}.flags(weft::thread_flags).child_clear_tid(&alive).stack(stack.span()).start([] { seen = 6; });
    while (const std::uint32_t word = __atomic_load_n(&alive, __ATOMIC_ACQUIRE)) {
        weft::raw_futex(&alive, 0 /* FUTEX_WAIT */, word);
    }
    REQUIRE(seen == 6);
    try {
        child.wait();
        check_failed("nobody waits for a thread", __FILE__, __LINE__);
    } catch (const std::system_error& e) {
        REQUIRE(e.code() == std::errc::invalid_argument);
    }
}

void vfork_like() {
    seen = 0;
    auto child = weft::vfork_spawn([] {
        seen = 7;
        return 16;
    });
    REQUIRE(seen == 7); // the caller stood still
    REQUIRE(child.wait().value() == 16);
    auto truly = weft::vfork_spawn([] {
        char program[] = "true";
        char* const argv[] = {program, nullptr};
        execve("/bin/true", argv, nullptr);
        return 127;
    });
    REQUIRE(truly.wait().value() == 0);
    // A handler of ours does not run in the child, and the mask is the caller's there.
    struct sigaction handler {
    }, before{};
    handler.sa_handler = [](int) { seen = 99; };
    sigaction(SIGUSR1, &handler, &before);
    auto hit = weft::vfork_spawn([] {
        weft::raw_kill(weft::raw_getpid(), SIGUSR1);
        return 0;
    });
    REQUIRE(hit.wait().signal() == SIGUSR1 && seen != 99);
    sigaction(SIGUSR1, &before, nullptr);
}

void beside_workers() {
    weft::runtime rt({.workers = 2});
    const int sum = rt.run([] {
        int total = 0;
        for (int i = 0; i < 20; ++i) {
            auto other = weft::spawn([] { return 1; });
            // A copy of this task's stack on this worker's kernel thread, alone: raw calls and execve are safe there.
            auto copied = clone_builder{}.start([] { return weft::raw_getpid() == weft::raw_gettid() ? 3 : 0; });
            auto spawned = weft::vfork_spawn([] { return 4; });
            total += copied.wait().value() + spawned.wait().value() + other.join();
        }
        return total;
    });
    REQUIRE(sum == 20 * 8);
}

void a_filter_in_the_way() {
    for (const int error : {ENOSYS, EPERM}) {
        const outcome how = run_in_child([error] {
            refuse_call(SYS_clone3, error);
            auto child = clone_builder{}.pidfd().start([] { return 17; });
            REQUIRE(child.made_by() == clone_call::clone && child.pidfd() >= 0 && child.wait().value() == 17);
            REQUIRE(weft::vfork_spawn([] { return 18; }).wait().value() == 18);
            // What only clone3 can do is named.
            const pid_t wanted[] = {4711};
            pid_t tid = 0;
            const struct {
                clone_builder how;
                const char* named;
            } impossible[] = {{clone_builder{}.with(clone_flag::clear_sighand), "CLONE_CLEAR_SIGHAND"},
                              {clone_builder{}.with(clone_flag::newtime), "CLONE_NEWTIME"},
                              {clone_builder{}.cgroup(3), "CLONE_INTO_CGROUP"},
                              {clone_builder{}.set_tid(wanted), "set_tid"},
                              {clone_builder{}.pidfd().parent_tid(&tid), "CLONE_PARENT_SETTID|CLONE_PIDFD"}};
            for (const auto& i : impossible) {
                auto out = i.how.try_start([] { return 0; });
                say("  %s\n", out.refusal().sentence.c_str());
                REQUIRE(!out && out.refusal().error == error && out.refusal().sentence.find(i.named) != std::string::npos);
                REQUIRE(out.refusal().sentence.find("clone3 answered") != std::string::npos);
            }
            REQUIRE(clone_builder{}.by(clone_call::clone3).try_start([] { return 0; }).refusal().error == error);
            return 0;
        });
        require_exit(how, 0, error == ENOSYS ? "clone3 answers ENOSYS" : "clone3 answers EPERM");
        say("%s", how.text.c_str());
    }
}

/// The sentence must hold `part`; nothing may have been started.
void refused(const char* what, const clone_builder& how, int error, const char* part) {
    const auto out = how.try_start([] { return 0; });
    say("  %s: %s\n", what, out.refusal().sentence.c_str());
    REQUIRE(!out && out.refusal().error == error && out.refusal().sentence.find(part) != std::string::npos);
    try {
        (void)how.start([] { return 0; });
        check_failed("it must throw", __FILE__, __LINE__);
    } catch (const weft::clone_error& e) {
        REQUIRE(e.code().value() == error && std::string(e.what()).find(part) != std::string::npos);
    }
    REQUIRE(waitpid(-1, nullptr, __WALL | WNOHANG) == -1 && errno == ECHILD);
}

void bad_input() {
    alignas(16) static std::byte memory[16 * 1024];
    using f = clone_flag;
    pid_t tid = 0;
    refused("an unknown flag", clone_builder{}.with(weft::clone_flags(std::uint64_t{1} << 50)), EINVAL, "unknown flag");
    refused("an unknown flag to clone", clone_builder{}.by(clone_call::clone).with(weft::clone_flags(1)), EINVAL,
            "unknown flag to clone");
    refused("sighand alone", clone_builder{}.with(f::sighand), EINVAL, "sighand needs vm");
    refused("thread alone", clone_builder{}.with(f::thread | f::vm).stack(memory), EINVAL, "thread needs sighand");
    refused("new mounts with a shared root", clone_builder{}.with(f::fs | f::newns), EINVAL, "fs against newns");
    refused("handlers shared and reset", clone_builder{}.with(f::vm | f::sighand | f::clear_sighand).stack(memory), EINVAL,
            "clear_sighand against");
    refused("only clone3", clone_builder{}.by(clone_call::clone).with(f::newtime), EINVAL, "only clone3");
    refused("an exit signal for a thread", clone_builder{}.with(weft::thread_flags).stack(memory).exit_signal(SIGCHLD), EINVAL,
            "exit signal of a");
    refused("signal 65", clone_builder{}.exit_signal(65), EINVAL, "exit signal");
    refused("two answers in one word", clone_builder{}.by(clone_call::clone).pidfd().parent_tid(&tid), EINVAL, "pidfd against");
    refused("pidfd against detached", clone_builder{}.pidfd().with(f::detached), EINVAL, "pidfd against detached");
    refused("shared memory, no stack", clone_builder{}.with(f::vm), EINVAL, "no stack");
    refused("a stack without a size", clone_builder{}.with(f::vm).stack(memory, 0), EINVAL, "stack without size");
    refused("a size without a stack", clone_builder{}.with(f::vm).stack(nullptr, 4096), EINVAL, "stack without size");
    refused("a stack of 1 KiB", clone_builder{}.with(f::vm).stack(memory, 1024), EINVAL, "stack too small");
    refused("a misaligned stack", clone_builder{}.with(f::vm).stack(memory + 4, 8192), EINVAL, "stack misaligned");
    refused("an empty set_tid", clone_builder{}.set_tid({}), EINVAL, "set_tid size");
    refused("a cgroup that is none", clone_builder{}.cgroup(-1), EINVAL, "cgroup descriptor");
    refused("a descriptor that is no cgroup", clone_builder{}.cgroup(2), EBADF, "cgroup's descriptor");
    const auto nothing = clone_builder{}.try_start(nullptr, nullptr);
    REQUIRE(!nothing && nothing.refusal().error == EINVAL);
    struct large {
        char bytes[12 * 1024];
        int operator()() const { return bytes[0]; }
    };
    const auto full = clone_builder{}.with(f::vm).stack(memory, 8192).try_start(large{});
    REQUIRE(!full && full.refusal().error == ENOMEM);
    try {
        weft::clone_stack tiny(100);
        check_failed("a stack of 100 bytes", __FILE__, __LINE__);
    } catch (const std::system_error& e) {
        REQUIRE(e.code() == std::errc::invalid_argument);
    }
}

void refusals_that_depend() {
    // A namespace without the privilege, a process too many.
    const outcome how = run_in_child([] {
        if (geteuid() == 0) {
            REQUIRE(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
        }
        auto out = clone_builder{}.with(clone_flag::newuts | clone_flag::newnet).try_start([] { return 0; });
        say("  %s\n", out.refusal().sentence.c_str());
        REQUIRE(!out && out.refusal().error == EPERM && !out.refusal().rule);
        REQUIRE(out.refusal().sentence.find("CLONE_NEWUTS|CLONE_NEWNET needs CAP_SYS_ADMIN") != std::string::npos);
        const weft::clone_refusal no = weft::try_unshare(clone_flag::newns);
        REQUIRE(no.error == EPERM && no.sentence.find("unshare(CLONE_NEWNS)") == 0);
        REQUIRE(weft::try_unshare(clone_flag::vfork).rule != nullptr);
        const rlimit none{0, 0};
        REQUIRE(setrlimit(RLIMIT_NPROC, &none) == 0);
        out = clone_builder{}.try_start([] { return 0; });
        say("  %s\n", out.refusal().sentence.c_str());
        REQUIRE(!out && out.refusal().error == EAGAIN && out.refusal().sentence.find("RLIMIT_NPROC") != std::string::npos);
        return 0;
    });
    require_exit(how, 0, "refusals that depend on who asks");
    say("%s", how.text.c_str());
}

void a_throwing_child_is_terminated() {
    const outcome how = run_in_child([] {
        auto child = clone_builder{}.start([]() -> int { throw 1; });
        return child.wait().signal() == SIGABRT ? 0 : 1;
    });
    require_exit(how, 0, "an exception that leaves the child's function");
}

static_assert(!weft::broken_clone_rule({.flags = weft::thread_flags}, true));
static_assert(weft::broken_clone_rule({.flags = clone_flag::sighand})->error == EINVAL);
static_assert(weft::clone_flag_named("vm")->flag == clone_flag::vm &&
              weft::clone_flag_named("CLONE_newtime")->flag == clone_flag::newtime);
static_assert(!weft::clone_flag_named("CLONE_") && !weft::clone_flag_named(""));

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"a copied child", a_copied_child},
                      {"a copied child on a stack of its own", a_copied_child_on_a_stack_of_its_own},
                      {"a child that shares memory has its callable on its stack", a_child_that_shares_memory},
                      {"a stack as base and size", base_and_size},
                      {"tid words, pidfd and a signal through it", tid_words_pidfd_and_signal},
                      {"any exit signal can be waited for", any_exit_signal_can_be_waited_for},
                      {"a thread ends by its word", a_thread},
                      {"a vfork-like spawn", vfork_like},
                      {"children beside workers", beside_workers},
                      {"a seccomp filter before clone3", a_filter_in_the_way},
                      {"bad input is refused with its rule", bad_input},
                      {"refusals that depend on who asks", refusals_that_depend},
                      {"an exception ends the child", a_throwing_child_is_terminated}},
                     100);
}
