// SPDX-License-Identifier: MIT
// A raw kernel thread from its first instruction in C++ to its last: the thread's own side of thread.cpp.
//
//   settle   what pthread_create's child does before user code: locale, resolver, rseq, robust list, name, affinity, signal mask
//   run      the function, with a place for pthread_exit to unwind to
//   leave    destructors, then out
//
// The order at the end, and why:
//   1 thread_local destructors      user code: everything still works
//   2 pthread_key destructors       user code, after the thread_locals as in glibc
//   3 resolver, malloc's caches     no user code from here on
//   4 count, exit(0) if last        atexit handlers are user code too, so signals are still open
//   5 block signals                 a handler must not run on a stack that is being given up
//   6 descriptor's tid = 0          glibc's view: no such thread
//   7 ownership := ended            a detached thread joins the list of the dying, while `alive` still protects its stack
//   8 exit(2)                       the kernel clears `alive` and wakes the joiner: from then on the stack is somebody else's
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "base/check.hpp"
#include "kernel/futex.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/measures.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/stamps.hpp"
#include "kernel/thread_block.hpp"
#include "kernel/thread_pointer.hpp"
#include "kernel/tls_block.hpp"
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>

namespace weft::kernel {

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local thread* current = nullptr;

/// The head of struct rseq (linux/rseq.h), all that we touch.
struct rseq_area {
    std::uint32_t cpu_id_start;
    std::uint32_t cpu_id;
    std::uint64_t rseq_cs;
    std::uint32_t flags;
};

void register_rseq(const glibc_facts& f, char* tp) noexcept {
    if (f.rseq == 0) {
        return;
    }
    auto* area = reinterpret_cast<rseq_area*>(tp + f.rseq);
    *area = {};
    if (!is_on(measure::rseq)) {
        return;
    }
    constexpr std::uint32_t uninitialized = ~0u, registration_failed = ~1u; // -1, -2: RSEQ_CPU_ID_*
    area->cpu_id = uninitialized;
    const std::uint32_t size = f.rseq_size < 32 ? 32 : f.rseq_size;
    // __rseq_size is 0 when the user has switched rseq off (glibc.pthread.rseq=0): then nobody of this process uses it.
    if (f.rseq_size == 0 || system_call(SYS_rseq, area, size, 0, layout::rseq_signature) != 0) {
        area->cpu_id = registration_failed; // sched_getcpu asks the kernel then
    }
}

void take_affinity(thread& t) noexcept {
    if (!t.cpus) {
        return;
    }
    const long answer = system_call(SYS_sched_setaffinity, 0, t.cpus_size, t.cpus);
    const auto error = static_cast<std::uint32_t>(answer < 0 ? -answer : 0);
    if (error != 0) {
        t.function = nullptr; // not to be run: the creator says why
    }
    // mo: release -> start_thread's acquire: t.cpus is the creator's again.
    t.affinity_answer.store(1 + error, std::memory_order_release);
    futex_wake(t.affinity_answer, 1);
}

void settle(thread& t) noexcept {
    const glibc_facts& f = glibc();
    char* const tp = t.thread_pointer;
    // CLONE_PARENT_SETTID wrote it before this thread's first instruction.
    pid_t tid = 0;
    std::memcpy(&tid, tp + f.tid, sizeof tid);
    // mo: relaxed: the creator writes the same value.
    t.tid.store(is_on(measure::tid) ? tid : static_cast<pid_t>(system_call(SYS_gettid)), std::memory_order_relaxed);
    settle_in_tls(tp, t.resolver);
    register_rseq(f, tp);
    if (is_on(measure::robust_list)) {
        (void)system_call(SYS_set_robust_list, tp + f.robust_head, 24);
    }
    if (t.name[0] != '\0') {
        (void)system_call(SYS_prctl, PR_SET_NAME, t.name);
    }
    take_affinity(t);
    // mo: relaxed: a hint for join_thread.
    t.alive.store(thread_running, std::memory_order_relaxed);
    stamp(moment::set_up);
    set_signal_mask(t.signal_mask);
    stamp(moment::signals_open);
}

void end_of_user_code(thread& t) {
    const glibc_symbols& s = glibc().symbols;
    leave_tls(t.thread_pointer, t.resolver);
    if (s.thread_freeres && is_on(measure::libc_caches)) {
        s.thread_freeres();
    }
    if (s.thread_count && is_on(measure::thread_count)) {
        // mo: acq_rel: the last one out has seen what all others did before they counted themselves out.
        if (std::atomic_ref<unsigned>(*s.thread_count).fetch_sub(1, std::memory_order_acq_rel) == 1) {
            std::exit(0); // main left by pthread_exit, and so have all others
        }
    }
}

} // namespace

thread* this_thread() noexcept {
    return current;
}

std::ptrdiff_t this_thread_offset() noexcept {
    return reinterpret_cast<char*>(&current) - thread_pointer();
}

void live_and_die(void* record) {
    stamp(moment::first_instruction);
    thread& t = *static_cast<thread*>(record);
    if (is_on(measure::tcb_words)) {
        base::check(thread_pointer() == t.thread_pointer, "a new thread has another thread's TLS");
        base::check(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 16 == 0, "a new thread's stack is misaligned");
    }
    current = &t;
    settle(t);
    if (t.function) {
        run_with_exit_place(t.thread_pointer, t.function, t.argument);
    }
    stamp(moment::user_code_left);
    end_of_user_code(t);
    (void)block_all_signals();
    const pid_t nobody = 0;
    std::memcpy(t.thread_pointer + glibc().tid, &nobody, sizeof nobody);
    // mo: acq_rel -> detach_thread's exchange: whoever is second hands the block on.
    if (t.ownership.exchange(thread_ownership::ended, std::memory_order_acq_rel) == thread_ownership::detached) {
        leave_for_reaper(&t);
    }
    stamp(moment::leaving);
    for (;;) {
        (void)system_call(SYS_exit, 0);
    }
}

} // namespace weft::kernel
#endif
