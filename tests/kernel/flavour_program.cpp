// SPDX-License-Identifier: MIT
// One program, linked four ways: dynamic PIE, dynamic at a fixed address, -static and -static-pie. What weft must find out about
// glibc is reached through dlsym in the first two and by the linker in the others; the answers must be the same, and ordinary code, kernel threads
// and tasks must run alike.   flavour_program dynamic|static   (which of the two it must find itself to be)
#include "kernel/clock.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/ordinary_code/activities.hpp"
#include "support/raw_thread.hpp"
#include <atomic>
#include <cstdlib>
#include <numeric>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <vector>
#include <weft/weft.hpp>

namespace {

void facts(bool wanted_static) {
    const weft::kernel::glibc_facts& f = weft::kernel::glibc();
    support::say("glibc %s, %s\n", f.version, f.symbols.static_program ? "static" : "dynamic");
    REQUIRE(f.refused[0] == '\0');
    REQUIRE(f.symbols.static_program == wanted_static);
    // On the glibc versions that docs/glibc.md names, nothing may fall back.
    REQUIRE(f.list_usable && f.keys_usable && f.stackblock != 0 && f.resolver != 0 && f.tid != 0 && f.specific != 0);
    REQUIRE(f.symbols.enable_stdio_locks && f.symbols.call_tls_dtors && f.symbols.thread_count);
    for (const auto& line : weft::kernel::explain_glibc()) {
        if (!line.good) {
            support::say("  fallback: %s: %s (%s)\n", line.what.c_str(), line.value.c_str(), line.how.c_str());
        }
    }
}

void ordinary_code(double seconds) {
    const ordinary::group* groups[] = {&ordinary::memory_group, &ordinary::text_group, &ordinary::lock_group, &ordinary::error_group};
    std::vector<const ordinary::activity*> choices;
    for (const ordinary::group* g : groups) {
        g->begin();
        for (const ordinary::activity& a : g->activities) {
            choices.insert(choices.end(), a.weight, &a);
        }
    }
    const std::uint64_t end_ns = weft::kernel::monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    std::atomic<long> done{0};
    support::on_raw_threads(8, [&](int index) {
        ordinary::lane l{std::mt19937_64(static_cast<unsigned long>(index) + 1)};
        while (weft::kernel::monotonic_ns() < end_ns) {
            support::raw_thread([&] {
                for (int i = 0; i < 30; ++i, ++done) {
                    choices[l.below(static_cast<unsigned>(choices.size()))]->run(l);
                }
            });
        }
    });
    for (const ordinary::group* g : groups) {
        g->end();
    }
    support::say("%ld activities\n", done.load());
}

void libc_sees_the_thread() {
    static std::atomic<int> ended;
    ended = 0;
    pthread_key_t key;
    REQUIRE(pthread_key_create(&key, [](void*) { ++ended; }) == 0);
    struct witness {
        ~witness() { ++ended; }
        void touch() const { asm volatile("" : : "r"(this)); }
    };
    weft::kernel_thread([&] {
        static thread_local witness w;
        w.touch();
        pthread_setspecific(key, &ended);
        const char local = 0;
        pthread_attr_t told;
        REQUIRE(pthread_getattr_np(pthread_self(), &told) == 0);
        void* low = nullptr;
        std::size_t size = 0;
        pthread_attr_getstack(&told, &low, &size);
        pthread_attr_destroy(&told);
        REQUIRE(&local > low && &local < static_cast<char*>(low) + size);
        cpu_set_t allowed;
        REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
        for (int cpu = 0; cpu < 64; ++cpu) {
            if (CPU_ISSET(cpu, &allowed)) {
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(cpu, &one);
                REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
                REQUIRE(sched_getcpu() == cpu);
            }
        }
        const pid_t child = fork();
        REQUIRE(child != -1);
        if (child == 0) {
            int ran = 0;
            weft::kernel_thread([&] { ran = 1; }).join();
            _exit(ran == 1 ? 6 : 1);
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 6);
    }).join();
    REQUIRE(ended == 2);
    weft::kernel_thread([] { pthread_exit(nullptr); }).join();
    REQUIRE(setuid(getuid()) == 0);
    weft::kernel_thread([] { REQUIRE(setuid(getuid()) == 0); }).join();
}

void churn_is_flat() {
    const auto some = [](int n) {
        for (int i = 0; i < n; ++i) {
            support::raw_thread([] { std::string(500, 'x').append("y"); });
        }
    };
    some(1000);
    const long before = support::resident_bytes();
    some(5000);
    REQUIRE(support::resident_bytes() - before < 1024 * 1024);
}

void tasks() {
    weft::runtime runtime;
    const long sum = runtime.run([] {
        std::vector<weft::join_handle<long>> handles;
        for (long i = 0; i < 10'000; ++i) {
            handles.push_back(weft::spawn([i] { return i; }));
        }
        long total = 0;
        for (auto& h : handles) {
            total += h.join();
        }
        return total;
    });
    REQUIRE(sum == 49'995'000);
}

} // namespace

int main(int argc, char** argv) {
    support::time_limit(60);
    REQUIRE(argc == 2);
    facts(std::string(argv[1]) == "static");
    ordinary_code(support::stress_seconds(1));
    libc_sees_the_thread();
    churn_is_flat();
    tasks();
    // The end with workers at work is part of it.
    static std::atomic<int> running;
    for (int i = 0; i < 2; ++i) {
        weft::kernel_thread([] {
            ++running;
            for (;;) {
                sched_yield();
            }
        }).detach();
    }
    REQUIRE(support::eventually([] { return running == 2; }));
    return 0;
}
