// SPDX-License-Identifier: MIT
// Starting, joining and detaching raw kernel threads: the creator's and the joiner's side. The thread's own side is thread_life.cpp.
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/clone_thread.hpp"
#include "kernel/features.hpp"
#include "kernel/futex.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/measures.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/stamps.hpp"
#include "kernel/thread_block.hpp"
#include "kernel/tls_block.hpp"
#include <cerrno>
#include <cstring>

namespace weft::kernel {

namespace {

/// The CPUs asked for as the kernel wants them. False when one cannot exist.
bool build_mask(std::span<const unsigned> cpus, unsigned long (&bits)[128]) noexcept {
    constexpr unsigned word = 8 * sizeof(unsigned long);
    for (unsigned cpu : cpus) {
        if (cpu >= word * 128) {
            return false;
        }
        bits[cpu / word] |= 1ul << cpu % word;
    }
    return true;
}

/// glibc counts its threads so that the last one out can end the process when main has left by pthread_exit.
void count_thread(int change) noexcept {
    if (unsigned* count = glibc().symbols.thread_count; count && is_on(measure::thread_count)) {
        // mo: relaxed: as glibc does; the last one out synchronises with nobody, it exits.
        std::atomic_ref<unsigned>(*count).fetch_add(static_cast<unsigned>(change), std::memory_order_relaxed);
    }
}

/// About 5 us.
constexpr int join_spins = 128;

} // namespace

result<thread*> start_thread(thread_function f, void* argument, const thread_options& how) noexcept {
    const glibc_facts& facts = glibc();
    if (facts.refused[0] != '\0') {
        return refusal{ENOTSUP, facts.refused};
    }
    if (how.stack_size < smallest_thread_stack) {
        return refusal{EINVAL, "a thread's stack below 16 KiB"};
    }
    if (how.stack_size > std::size_t{1} << 46) {
        return refusal{ENOMEM, "a thread's stack larger than the address space"};
    }
    unsigned long mask[128] = {};
    if (!build_mask(how.cpus, mask)) {
        return refusal{EINVAL, "a CPU number above 8191"};
    }
    declare_threads();
    auto taken = take_block(how.stack_size);
    if (!taken) {
        return taken.why();
    }
    stamp(moment::tls_ready);
    thread& t = *taken.value();
    t.number = next_thread_number();
    t.function = f;
    t.argument = argument;
    t.name[0] = '\0';
    if (how.name) {
        std::strncpy(t.name, how.name, sizeof t.name - 1);
        t.name[sizeof t.name - 1] = '\0';
    }
    t.cpus = how.cpus.empty() ? nullptr : mask;
    t.cpus_size = sizeof mask;
    // mo: relaxed, all three: the clone publishes them to the thread.
    t.affinity_answer.store(0, std::memory_order_relaxed);
    t.ownership.store(thread_ownership::joinable, std::memory_order_relaxed);
    t.alive.store(thread_started, std::memory_order_relaxed);

    stamp(moment::record_filled);
    long answer = 0;
    {
        // The thread is born with every signal blocked: a handler must not run before its TLS is whole.
        const signals_blocked blocked(is_on(measure::blocked_signals));
        t.signal_mask = blocked.before();
        count_thread(1);
        clone_thread_request request{};
        request.stack_low = t.stack_low;
        request.stack_size = t.stack_size;
        request.thread_pointer = t.thread_pointer;
        request.parent_tid =
            is_on(measure::tid) ? reinterpret_cast<pid_t*>(t.thread_pointer + facts.tid) : nullptr;
        request.cleared_word = &t.alive;
        request.entry = &live_and_die;
        request.argument = &t;
        stamp(moment::signals_blocked);
        answer = clone_thread(request);
        stamp(moment::clone_returned);
    }
    if (answer < 0) {
        count_thread(-1);
        t.alive.store(thread_gone, std::memory_order_relaxed); // mo: relaxed: there is no thread
        give_block(&t);
        return refusal{static_cast<int>(-answer), clone_call_in_use()};
    }
    // mo: relaxed: the thread writes the same value.
    t.tid.store(static_cast<pid_t>(answer), std::memory_order_relaxed);
    if (t.cpus) {
        // mo: acquire -> settle's release in thread_life.cpp.
        while (t.affinity_answer.load(std::memory_order_acquire) == 0) {
            futex_wait(t.affinity_answer, 0);
        }
        // mo: relaxed: read before.
        if (const std::uint32_t error = t.affinity_answer.load(std::memory_order_relaxed) - 1) {
            join_thread(&t);
            return refusal{static_cast<int>(error), "sched_setaffinity"};
        }
    }
    return &t;
}

void join_thread(thread* t) noexcept {
    notice_fork();
    // A thread that is seen running on another CPU may be about to end: then waiting awake is cheaper than a futex round trip. One
    // that has not started yet may need this very CPU, so for that one we sleep at once.
    for (int spin = 0; spin < join_spins; ++spin) {
        // mo: acquire -> the kernel's clearing of the word, after everything the thread did.
        if (t->alive.load(std::memory_order_acquire) != thread_running) {
            break;
        }
        cpu_pause();
    }
    for (;;) {
        // mo: acquire -> the kernel's clearing of the word, after everything the thread did.
        const std::uint32_t alive = t->alive.load(std::memory_order_acquire);
        if (alive == thread_gone) {
            break;
        }
        // Shared scope: the kernel's wake at CLONE_CHILD_CLEARTID is a FUTEX_WAKE without the private flag.
        futex_wait(t->alive, alive, never, futex_scope::shared);
    }
    stamp(moment::end_seen);
    give_block(t);
}

void detach_thread(thread* t) noexcept {
    notice_fork();
    // mo: acq_rel -> the exchange in thread_life.cpp: whoever is second hands the block on.
    if (t->ownership.exchange(thread_ownership::detached, std::memory_order_acq_rel) == thread_ownership::ended) {
        leave_for_reaper(t);
    }
}

pid_t tid_of(const thread* t) noexcept {
    // mo: relaxed: set before start_thread returns and before the thread runs user code.
    return t->tid.load(std::memory_order_relaxed);
}

std::uint64_t number_of(const thread* t) noexcept {
    return t->number;
}

bool has_ended(const thread* t) noexcept {
    notice_fork();
    // mo: acquire -> the kernel's clearing of the word.
    return t->alive.load(std::memory_order_acquire) == thread_gone;
}

} // namespace weft::kernel
#endif
