// SPDX-License-Identifier: MIT
// The steps are those of glibc 2.34 and later (nptl/allocatestack.c, nptl/pthread_create.c), written anew.
#include "lab/split/pthread_replica.hpp"
#include <cerrno>
#include <system_error>
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/clone_thread.hpp"
#include "kernel/futex.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/tls_block.hpp"
#include <sys/mman.h>

namespace weft::lab {

namespace {

using kernel::glibc;
using kernel::monotonic_ns;
using kernel::system_call;

/// What creator and thread tell each other.
struct start {
    cell* work = nullptr;
    life* times = nullptr;
    char* stack_low = nullptr;
    char* thread_pointer = nullptr;
    std::uint64_t mask = 0;
    std::atomic<std::uint32_t> alive{0}; // atomic: creator, and the kernel at the end
};

void demand(long answer, const char* call) {
    if (answer < 0 && answer > -4096) {
        throw std::system_error(static_cast<int>(-answer), std::generic_category(), call);
    }
}

/// The thread. It calls nothing of libc's that wants more of a thread than its TLS.
void live_and_die(void* argument) {
    start& s = *static_cast<start*>(argument);
    life& l = *s.times;
    l.first_instruction = monotonic_ns();
    const kernel::glibc_facts& f = glibc();
    (void)system_call(SYS_set_robust_list, s.thread_pointer + f.robust_head, 24);
    if (f.rseq != 0 && f.rseq_size != 0) {
        (void)system_call(SYS_rseq, s.thread_pointer + f.rseq, f.rseq_size < 32 ? 32u : f.rseq_size, 0,
                          kernel::layout::rseq_signature);
    }
    l.set_up = monotonic_ns();
    kernel::set_signal_mask(s.mask);
    l.signals_open = monotonic_ns();
    perform(*s.work);
    l.user_code_left = monotonic_ns();
    (void)kernel::block_all_signals();
    // The stack's untouched part goes back to the kernel, down from a page below this frame.
    const std::size_t page = kernel::page_size();
    char* const here = static_cast<char*>(__builtin_frame_address(0));
    const auto unused = static_cast<std::size_t>(here - s.stack_low);
    if (unused > 2 * page) {
        (void)system_call(SYS_madvise, s.stack_low, (unused - page) & ~(page - 1), MADV_DONTNEED);
    }
    l.leaving = monotonic_ns();
    for (;;) {
        (void)system_call(SYS_exit, 0);
    }
}

} // namespace

void pthread_replica::map(life& l) {
    const std::size_t page = kernel::page_size();
    const std::size_t size = (stack_size_ + page + kernel::tls_block_size() + page - 1) & ~(page - 1);
    const long answer =
        system_call(SYS_mmap, nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    demand(answer, "mmap of a thread's stack");
    l.mapped = monotonic_ns();
    low_ = reinterpret_cast<char*>(answer);
    size_ = size;
    if (const long refused = system_call(SYS_mprotect, low_ + page, size - page, PROT_READ | PROT_WRITE);
        refused != 0) {
        (void)system_call(SYS_munmap, low_, size_);
        low_ = nullptr;
        demand(refused, "mprotect of a thread's stack");
    }
    l.guarded = monotonic_ns();
    thread_pointer_ = kernel::thread_pointer_in(low_ + size - kernel::tls_block_size());
    if (auto made = kernel::make_tls(thread_pointer_, {low_, size, page}); !made) {
        (void)system_call(SYS_munmap, low_, size_);
        low_ = nullptr;
        throw std::system_error(made.why().error, std::generic_category(), made.why().call);
    }
}

void pthread_replica::unmap() noexcept {
    if (low_) {
        kernel::drop_tls(thread_pointer_);
        (void)system_call(SYS_munmap, low_, size_);
        low_ = nullptr;
    }
}

pthread_replica::~pthread_replica() {
    unmap();
}

life pthread_replica::live(cell& c, bool cold, joiner how) {
    if (glibc().refused[0] != '\0') {
        throw std::system_error(ENOTSUP, std::generic_category(), glibc().refused);
    }
    if (cold) {
        unmap();
    }
    kernel::declare_threads();
    life l;
    start s;
    l.began = monotonic_ns();
    const bool kept = low_ != nullptr;
    l.cache_asked = monotonic_ns();
    if (!kept) {
        map(l);
    } else {
        kernel::reset_descriptor(thread_pointer_);
        if (auto renewed = kernel::renew_tls(thread_pointer_); !renewed) {
            throw std::system_error(renewed.why().error, std::generic_category(), renewed.why().call);
        }
    }
    l.tls_ready = monotonic_ns();
    const std::size_t page = kernel::page_size();
    s.work = &c;
    s.times = &l;
    s.stack_low = low_ + page;
    s.thread_pointer = thread_pointer_;
    s.alive.store(1, std::memory_order_relaxed); // mo: relaxed: the clone publishes it
    l.record_filled = monotonic_ns();
    long answer = 0;
    {
        const kernel::signals_blocked blocked;
        s.mask = blocked.before();
        kernel::clone_thread_request request{};
        request.stack_low = s.stack_low;
        request.stack_size = stack_size_;
        request.thread_pointer = thread_pointer_;
        request.parent_tid = reinterpret_cast<pid_t*>(thread_pointer_ + glibc().tid);
        request.cleared_word = &s.alive;
        request.entry = &live_and_die;
        request.argument = &s;
        l.signals_blocked = monotonic_ns();
        answer = kernel::clone_thread(request);
        l.clone_returned = monotonic_ns();
    }
    demand(answer, "clone3");
    l.started = monotonic_ns();
    // mo: acquire, both -> the kernel's clearing of the word, after everything that the thread did.
    if (how == joiner::spins) {
        while (s.alive.load(std::memory_order_acquire) != 0) {
            kernel::cpu_pause();
        }
    }
    while (s.alive.load(std::memory_order_acquire) != 0) { // mo: acquire: as above
        kernel::futex_wait(s.alive, 1, kernel::never, kernel::futex_scope::shared);
    }
    l.end_seen = monotonic_ns();
    l.handed_back = l.end_seen;
    if (cold) {
        unmap();
        l.unmapped = monotonic_ns();
    }
    return l;
}

} // namespace weft::lab
#else
namespace weft::lab {
pthread_replica::~pthread_replica() {
    (void)stack_size_, (void)low_, (void)size_, (void)thread_pointer_;
}
life pthread_replica::live(cell&, bool, joiner) {
    throw std::system_error(ENOTSUP, std::generic_category(),
                            "this build has no raw threads to make a replica of");
}
} // namespace weft::lab
#endif

namespace weft::lab {

std::string pthread_replica::differences() {
    return "The pthread bars come from a replica of glibc's steps (mmap without access, mprotect of all but "
           "the guard, static TLS, "
           "signal mask, clone3, robust list, rseq, madvise of the unused stack, exit), because nothing can "
           "be put between the real "
           "ones without changing them. It differs: no lock on glibc's cache of stacks; TLS is renewed by "
           "weft's steps (free and make "
           "anew, libc's segment kept) where glibc clears it in place; no thread_local and no key "
           "destructors run at the end; the "
           "cleared word is not the descriptor's tid";
}

} // namespace weft::lab
