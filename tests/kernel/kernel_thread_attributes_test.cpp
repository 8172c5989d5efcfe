// SPDX-License-Identifier: MIT
// A kernel thread's attributes: stack size, name, CPUs. What cannot be meant is refused with a typed error, and nothing has run.
#include "support/child.hpp"
#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;
using attributes = weft::kernel_thread_attributes;

namespace {

#if defined(WEFT_KERNEL_THREADS_PTHREAD)
constexpr bool exact_stacks = false; // sanitizer builds make the stacks larger
#else
constexpr bool exact_stacks = true;
#endif

/// Writes to every page of `size` bytes below the caller's frame.
[[gnu::noinline]] void use_stack(std::size_t size) {
    auto* area = static_cast<volatile char*>(__builtin_alloca(size));
    for (std::size_t at = size; at > 512;) {
        at -= 512;
        area[at] = 1;
    }
    area[0] = 1;
}

std::size_t told_stack_size() {
    pthread_attr_t told;
    REQUIRE(pthread_getattr_np(pthread_self(), &told) == 0);
    std::size_t size = 0;
    REQUIRE(pthread_attr_getstacksize(&told, &size) == 0);
    pthread_attr_destroy(&told);
    return size;
}

attributes with_stack(std::size_t size) {
    attributes how;
    how.stack_size = size;
    return how;
}

void stack_is_usable() {
    for (const std::size_t kib : {16, 20, 64, 100, 256, 1024, 16 * 1024, 64}) {
        kernel_thread(with_stack(kib * 1024), [kib] { use_stack(kib * 1024 - 4 * 1024); }).join();
    }
    kernel_thread(with_stack(17 * 1024 + 1), [] { use_stack(17 * 1024 - 4 * 1024); }).join(); // rounded up
}

void default_stack_is_the_soft_limit() {
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_STACK, &limit) == 0);
    const auto how = support::run_in_child([&] {
        limit.rlim_cur = 3 * 1024 * 1024;
        REQUIRE(setrlimit(RLIMIT_STACK, &limit) == 0);
        kernel_thread([] {
            use_stack(3 * 1024 * 1024 - 64 * 1024);
            REQUIRE(!exact_stacks || (told_stack_size() >= 3 * 1024 * 1024 && told_stack_size() < 4 * 1024 * 1024));
        }).join();
        return 0;
    });
    require_exit(how, 0, "a default stack under a limit of 3 MiB");
    if (limit.rlim_max == RLIM_INFINITY) {
        const auto unlimited = support::run_in_child([&] {
            limit.rlim_cur = RLIM_INFINITY;
            REQUIRE(setrlimit(RLIMIT_STACK, &limit) == 0);
            kernel_thread([] { use_stack(2 * 1024 * 1024 - 64 * 1024); }).join();
            return 0;
        });
        require_exit(unlimited, 0, "a default stack without a limit");
    }
}

void overflow_hits_the_guard() {
    if (!exact_stacks) {
        return;
    }
    // Neighbours above and below, so that a missing guard would write into one of them instead of faulting.
    const auto how = support::run_in_child([] {
        const rlimit none{0, 0};
        setrlimit(RLIMIT_CORE, &none);
        std::atomic<bool> leave{false};
        const auto wait = [&] { support::eventually([&] { return leave.load(); }, 20); };
        kernel_thread below(with_stack(64 * 1024), wait);
        kernel_thread middle(with_stack(64 * 1024), [] {
            support::say("going down;");
            use_stack(64 * 1024 + 1024);
            support::say("nothing stopped me;");
        });
        kernel_thread above(with_stack(64 * 1024), wait);
        middle.join();
        leave = true;
        below.join();
        above.join();
        return 0;
    });
    support::require_signal(how, SIGSEGV, "a stack that overflows");
    REQUIRE(how.says("going down;") && !how.says("nothing stopped me;"));
}

std::string comm_of(pid_t tid) {
    const std::string path = "/proc/self/task/" + std::to_string(tid) + "/comm";
    char text[64] = {};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file != -1);
    const ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    REQUIRE(size > 0 && text[size - 1] == '\n');
    return std::string(text, static_cast<std::size_t>(size - 1));
}

std::string name_seen_inside(const std::string& name) {
    attributes how;
    how.name = name;
    std::string seen;
    kernel_thread(how, [&] { seen = comm_of(gettid()); }).join();
    return seen;
}

void names() {
    REQUIRE(name_seen_inside("baker") == "baker");
    REQUIRE(name_seen_inside("exactly15 bytes") == "exactly15 bytes");
    REQUIRE(name_seen_inside("a name of more than fifteen bytes") == "a name of more ");
    const std::string own = comm_of(gettid());
    REQUIRE(name_seen_inside("") == own); // also on memory whose last thread had a name
    REQUIRE(comm_of(gettid()) == own);
    attributes how;
    how.name = "outer";
    kernel_thread(how, [] { REQUIRE(name_seen_inside("") == "outer"); }).join(); // the creator's
}

std::vector<unsigned> allowed_cpus() {
    cpu_set_t mask;
    REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
    std::vector<unsigned> cpus;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &mask)) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

void affinity() {
    const auto all = allowed_cpus();
    for (const unsigned cpu : all) {
        attributes how;
        how.cpus = {cpu};
        kernel_thread(how, [cpu] {
            REQUIRE(allowed_cpus() == std::vector<unsigned>{cpu});
            REQUIRE(sched_getcpu() == static_cast<int>(cpu)); // from its first line on
        }).join();
    }
    attributes every;
    every.cpus = all;
    kernel_thread(every, [&] { REQUIRE(allowed_cpus() == all); }).join();
    kernel_thread([&] { REQUIRE(allowed_cpus() == all); }).join(); // the creator's
    attributes mixed; // as sched_setaffinity: those that exist count
    mixed.cpus = {all.front(), 900};
    kernel_thread(mixed, [&] { REQUIRE(allowed_cpus() == std::vector<unsigned>{all.front()}); }).join();
    REQUIRE(allowed_cpus() == all);
}

template <class Check>
void refused(const attributes& how, const char* word, Check code_fits) {
    auto witness = std::make_shared<int>(0);
    bool ran = false;
    try {
        kernel_thread t(how, [witness, &ran] { ran = true; });
        support::check_failed("made in spite of impossible attributes", __FILE__, __LINE__);
    } catch (const std::system_error& e) {
        if (!code_fits(e.code()) || !std::strstr(e.what(), word)) {
            support::say("code %d, text: %s\n", e.code().value(), e.what());
            support::check_failed("the wrong refusal", __FILE__, __LINE__);
        }
    }
    REQUIRE(!ran && witness.use_count() == 1); // the copies are destroyed
}

void impossible_ones() {
    const auto invalid = [](std::error_code c) { return c == std::errc::invalid_argument; };
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{16 * 1024 - 1}}) {
        refused(with_stack(size), "stack", invalid);
    }
    const unsigned beyond[] = {1000, 1023, 1024, 4096, 1'000'000, ~0u};
    for (const unsigned cpu : beyond) {
        attributes how;
        how.cpus = {cpu};
        refused(how, "CPU", invalid);
    }
    if (exact_stacks) {
        const auto memory_or_invalid = [](std::error_code c) {
            return c == std::errc::not_enough_memory || c == std::errc::invalid_argument;
        };
        for (const std::size_t size : {std::size_t{1} << 47, std::size_t{1} << 60, ~std::size_t{0} - 4096, ~std::size_t{0}}) {
            refused(with_stack(size), "stack", memory_or_invalid);
        }
    }
    kernel_thread([] {}).join();
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"the stack asked for can be used", stack_is_usable},
         {"the default stack is the soft RLIMIT_STACK", default_stack_is_the_soft_limit},
         {"an overflow hits the guard page", overflow_hits_the_guard},
         {"the name is the kernel's, cut at 15 bytes", names},
         {"the CPUs are kept to", affinity},
         {"impossible attributes are refused with a sentence", impossible_ones}});
}
