// SPDX-License-Identifier: MIT
// weft::process from a kernel thread: how it ends, how it is waited for, what it leaves behind.
#include "process_support.hpp"
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <weft/kernel_thread.hpp>

using namespace support;
using namespace std::chrono_literals;
using weft::process;
using weft::process_options;
using weft::redirection;

namespace {

void exit_codes() {
    REQUIRE(process({"true"}).wait().success());
    const weft::exit_status three = shell("exit 3").wait();
    REQUIRE(three.exited() && three.code() == 3 && three.signal() == 0 && !three.success());
    REQUIRE(three.describe() == "exited with 3");
    process p = shell("exit 255");
    REQUIRE(p.wait().code() == 255);
    REQUIRE(p.wait().code() == 255); // known by now
    REQUIRE(p.try_wait()->code() == 255);
    REQUIRE(!p.joinable());
    REQUIRE(no_children());
}

void signals_end_it() {
    process p({"sleep", "1000"});
    REQUIRE(p.id() > 0 && p.native_handle() > 2 && p.joinable());
    REQUIRE(!p.try_wait());
    REQUIRE(p.kill());
    const weft::exit_status how = p.wait();
    REQUIRE(how.signaled() && how.signal() == SIGKILL && how.code() == -1 && !how.core_dumped());
    REQUIRE(!p.signal(SIGTERM)); // it has ended
    process q({"sleep", "1000"});
    REQUIRE(q.terminate());
    REQUIRE(q.wait().signal() == SIGTERM);
    REQUIRE(no_children());
}

void core_dump_is_told() {
    int pattern = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
    char first = '|';
    REQUIRE(pattern >= 0 && read(pattern, &first, 1) == 1);
    close(pattern);
    process_options how;
    how.directory = "/tmp"; // where a core of relative name would go
    const weft::exit_status without = shell("ulimit -c 0; kill -ABRT $$", how).wait();
    REQUIRE(without.signal() == SIGABRT && !without.core_dumped());
    if (first != '|' && first != '/') { // else it would go to a program or folder of the system's
        char folder[] = "/tmp/weft-core-XXXXXX";
        REQUIRE(mkdtemp(folder));
        how.directory = folder;
        const weft::exit_status with = shell("ulimit -c unlimited; kill -ABRT $$", how).wait();
        REQUIRE(with.signal() == SIGABRT);
        REQUIRE(with.core_dumped());
        REQUIRE(process({"rm", "-r", folder}).wait().success());
    }
}

void functions_run_in_a_copy() {
    int ours = 1;
    process p([&ours] {
        ours = 2;
        return ours + 40;
    });
    REQUIRE(p.wait().code() == 42);
    REQUIRE(ours == 1);
    REQUIRE(process([] {}).wait().success());
    process thrower([]() -> int { throw 1; }, [] {
        process_options how;
        how.error = redirection::null();
        return how;
    }());
    REQUIRE(thrower.wait().signal() == SIGABRT);
    // The copy of the thread knows its own number, so locks that ask for their owner work.
    process tid([] { return gettid() == getpid() && pthread_kill(pthread_self(), 0) == 0 ? 0 : 1; });
    REQUIRE(tid.wait().success());
    REQUIRE(no_children());
}

void timed_waits() {
    process p({"sleep", "1000"});
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(!p.wait_for(30ms));
    REQUIRE(std::chrono::steady_clock::now() - before >= 30ms);
    REQUIRE(!p.wait_until(std::chrono::system_clock::now() + 20ms));
    REQUIRE(!p.wait_for(-1s));
    REQUIRE(!p.wait_for(0s));
    REQUIRE(p.kill());
    const auto end = p.wait_for(20s);
    REQUIRE(end && end->signal() == SIGKILL);
    REQUIRE(p.wait_for(0s)->signal() == SIGKILL);
}

void moves_and_swaps() {
    process a = shell("exit 1");
    process b = shell("exit 2");
    swap(a, b);
    REQUIRE(a.wait().code() == 2);
    a = std::move(b);
    REQUIRE(!b.joinable() && b.id() == 0 && b.native_handle() == -1);
    REQUIRE(a.wait().code() == 1);
    require_refusal(EINVAL, "there is no child", [&] { (void)b.wait(); });
    require_refusal(EINVAL, "there is no child", [&] { (void)b.kill(); });
    require_refusal(EINVAL, "there is no child to detach", [&] { a.detach(); });
    require_refusal(EINVAL, "no such signal", [] {
        process c({"sleep", "1000"});
        try {
            (void)c.signal(4711);
        } catch (...) {
            (void)c.kill();
            c.wait();
            throw;
        }
    });
}

void detached_are_reaped() {
    for (int i = 0; i < 20; ++i) {
        process p({"true"});
        p.detach();
        REQUIRE(!p.joinable() && p.id() == 0);
    }
    REQUIRE(eventually(no_children));
}

void stolen_status_is_recalled_or_told() {
    process p = shell("exit 5");
    int status = 0;
    REQUIRE(waitpid(p.id(), &status, 0) == p.id()); // somebody else, who waits for our child
    try {
        REQUIRE(p.wait().code() == 5); // Linux >= 6.15 keeps it in the pidfd
    } catch (const std::system_error& e) {
        REQUIRE(e.code().value() == ECHILD && std::strstr(e.what(), "somebody else"));
    }
    REQUIRE(!p.joinable());
}

void ignored_sigchld() {
    signal(SIGCHLD, SIG_IGN);
    REQUIRE(process([] { return 9; }).wait().code() == 9); // nobody is told, so nothing is dropped
    require_refusal(ENOENT, "nowhere", [] { process p({"/nowhere/at/all"}); });
    try {
        REQUIRE(shell("exit 8").wait().code() == 8);
    } catch (const std::system_error& e) {
        REQUIRE(e.code().value() == ECHILD && std::strstr(e.what(), "SIGCHLD is ignored"));
    }
    signal(SIGCHLD, SIG_DFL);
    REQUIRE(no_children());
}

void nothing_leaks_over_1000() {
    const auto spawn_one = [](int i) {
        process_options how;
        how.output = redirection::pipe();
        how.input = redirection::null();
        switch (i % 4) {
        case 0: {
            process p({"true"}, how);
            REQUIRE(p.wait().success());
            break;
        }
        case 1:
            try {
                process p({"/nowhere/at/all"}, how);
                REQUIRE(false);
            } catch (const std::system_error& e) {
                REQUIRE(e.code().value() == ENOENT);
            }
            break;
        case 2: {
            process p([] { return 7; }, how);
            REQUIRE(p.wait().code() == 7);
            break;
        }
        case 3:
            try {
                how.directory = "/nowhere";
                process p([] { return 7; }, how);
                REQUIRE(false);
            } catch (const std::system_error& e) {
                REQUIRE(e.code().value() == ENOENT);
            }
            break;
        }
    };
    for (int i = 0; i < 8; ++i) {
        spawn_one(i);
    }
    const int descriptors = count_descriptors();
    const int mappings = count_mappings();
    for (int i = 0; i < 1000; ++i) {
        spawn_one(i);
        REQUIRE(no_children());
    }
    REQUIRE(count_descriptors() == descriptors);
    REQUIRE(count_mappings() <= mappings + 2); // malloc's own
}

void cost_does_not_grow_with_memory() {
    // Not a timing: page faults. A copy of page tables would make the parent fault again on every page that it writes.
    constexpr std::size_t size = 64 << 20;
    char* memory = static_cast<char*>(std::malloc(size));
    std::memset(memory, 1, size);
    rusage before{}, after{};
    REQUIRE(process({"true"}).wait().success());
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(process({"true"}).wait().success());
        for (std::size_t at = 0; at < size; at += 4096) {
            memory[at] = 2;
        }
    }
    getrusage(RUSAGE_SELF, &after);
    REQUIRE(after.ru_minflt - before.ru_minflt < 2000);
    std::free(memory);
}

} // namespace

int main(int argc, char** argv) {
    weft::kernel_thread([] {}).join(); // a sanitizer starts a thread of its own with the first one, and the cases count threads
    return run_cases(argc, argv,
                     {{"exit codes come back", exit_codes},
                      {"a signal ends it and is told", signals_end_it},
                      {"a core dump is told", core_dump_is_told},
                      {"a function runs in a copy", functions_run_in_a_copy},
                      {"timed waits end in time", timed_waits},
                      {"handles move and swap", moves_and_swaps},
                      {"detached children are reaped", detached_are_reaped},
                      {"a status taken by others is recalled, or the loss is told", stolen_status_is_recalled_or_told},
                      {"an ignored SIGCHLD does no harm", ignored_sigchld},
                      {"1000 spawns leave nothing behind", nothing_leaks_over_1000},
                      {"a program's spawn copies no memory", cost_does_not_grow_with_memory}});
}
