// SPDX-License-Identifier: MIT
// weft doctor: what weft found out about this machine and this glibc, how, and what it does instead where something is missing.
// Ends with 0 when kernel threads can be made here, else with 1.
#include "kernel/clone_thread.hpp"
#include "kernel/features.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/thread.hpp"
#include "scheduler/pinning.hpp"
#include "scheduler/topology.hpp"
#include "scheduler/victims.hpp"
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <unistd.h>

namespace weft::tools {

namespace {

/// Columns: mark, what, value, how. Long values push the rest to the right instead of being cut.
void print(const char* mark, const std::string& what, const std::string& value, const std::string& how) {
    std::printf("  %-4s %-44s %-36s %s\n", mark, what.c_str(), value.c_str(), how.c_str());
}

void heading(const char* text) {
    std::printf("\n%s\n", text);
}

/// Makes one thread, so that "which clone call" is an observation and not an intention.
bool try_a_thread() {
    int seen = 0;
    kernel::thread_options how;
    how.name = "weft-doctor";
    auto t = kernel::start_thread([](void* word) { *static_cast<int*>(word) = static_cast<int>(gettid()); }, &seen, how);
    if (!t) {
        print("FAIL", "a kernel thread", std::strerror(t.why().error), t.why().call);
        return false;
    }
    const pid_t tid = kernel::tid_of(t.value());
    kernel::join_thread(t.value());
    const bool good = seen == tid;
    print(good ? "ok" : "FAIL", "a kernel thread", "tid " + std::to_string(tid), "started, ran, and was joined by its futex");
    return good;
}

/// Which CPUs are how near: the order in which workers that are pinned to them look for work at each other.
void print_search_order() {
    constexpr std::size_t most = 8; // CPUs; the others look alike
    const auto places = scheduler::read_topology(scheduler::cpus_of_this_thread());
    const scheduler::victims order{std::span(places)};
    for (unsigned i = 0; i < places.size() && i < most; ++i) {
        std::string groups;
        const auto victims = order.groups_of(i);
        for (unsigned d = 0; d < scheduler::distances; ++d) {
            if (!victims[d].empty()) {
                groups.append(groups.empty() ? "" : "; ").append(scheduler::name_of(static_cast<scheduler::distance>(d))).append(":");
                for (const unsigned k : victims[d]) {
                    groups.append(1, ' ').append(std::to_string(places[k].cpu));
                }
            }
        }
        print("ok", "from CPU " + std::to_string(places[i].cpu), groups.empty() ? "no other" : groups, "sysfs: topology, cache, node");
    }
    const bool nodes = !scheduler::read_nodes().empty();
    print("ok", "workers that are not pinned", nodes ? "their node first, then the others" : "one group",
          nodes ? "several nodes are online" : "one node is online");
}

} // namespace

int doctor(std::span<char* const> arguments) {
    if (!arguments.empty()) {
        std::fprintf(stderr, "weft doctor: takes no argument, got '%s'\n", arguments[0]);
        return 2;
    }
    heading("Machine and kernel");
    for (const auto& f : kernel::examine_machine()) {
        print(f.present ? "ok" : "-", f.what, f.detail, f.how);
    }
    heading("glibc (offsets are from the thread's descriptor)");
    for (const auto& f : kernel::explain_glibc()) {
        print(f.good ? "ok" : "-", f.what, f.value, f.how);
    }
    heading("Where a worker looks for work, nearest first");
    print_search_order();
    heading("Threads");
#if defined(WEFT_KERNEL_THREADS_PTHREAD)
    print("-", "kernel threads", "pthread_create", "this build is for sanitizers");
#endif
    const bool good = try_a_thread();
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
    if (good) {
        print("ok", "the call that makes them", kernel::clone_call_in_use(), "the kernel's answer to the one above");
    }
#endif
#if defined(WEFT_CONTEXT_BOOST)
    print("ok", "stack switch of tasks", "Boost.Context", "chosen at build time (WEFT_CONTEXT)");
#else
    print("ok", "stack switch of tasks", "native", "chosen at build time (WEFT_CONTEXT)");
#endif
    std::printf("\n'ok': present and checked; '-': missing, the last column says what is done instead.\n");
    std::printf(good ? "weft can run here.\n" : "weft cannot run here: see FAIL above.\n");
    return good ? 0 : 1;
}

} // namespace weft::tools
