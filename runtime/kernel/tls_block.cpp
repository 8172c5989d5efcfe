// SPDX-License-Identifier: MIT
#include "kernel/tls_block.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/key_destructors.hpp"
#include "kernel/lock.hpp"
#include "kernel/measures.hpp"
#include "kernel/stack_list.hpp"
#include "kernel/thread_pointer.hpp"
#include <cerrno>
#include <clocale>
#include <csetjmp>
#include <cstring>
#include <locale.h>
#include <netdb.h>
#include <new>
#include <pthread.h>

namespace weft::kernel {

namespace {

constexpr unsigned exiting = 0x10; // EXITING_BIT of glibc's cancelhandling

template <class T>
void put(char* thread_pointer, std::ptrdiff_t where, T value) noexcept {
    std::memcpy(thread_pointer + where, &value, sizeof value);
}
template <class T>
T get(const char* thread_pointer, std::ptrdiff_t where) noexcept {
    T value;
    std::memcpy(&value, thread_pointer + where, sizeof value);
    return value;
}

/// Copies of libc's TLS segment whose block has died (I2), each on the heap: [next][bytes].
struct orphan {
    orphan* next;
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
};
constinit lock orphans_lock;
constinit orphan* orphans = nullptr; // guarded by orphans_lock

bool keeps_libc_segment(const glibc_facts& f) noexcept {
    return f.libc_tls_size != 0 && is_on(measure::libc_caches);
}

void leave_orphan(const glibc_facts& f, const char* thread_pointer) noexcept {
    void* memory = ::operator new(sizeof(orphan) + f.libc_tls_size, std::nothrow);
    if (!memory) {
        return; // 9 KB of libc's caches are lost
    }
    auto* o = ::new (memory) orphan{nullptr};
    std::memcpy(o->bytes(), thread_pointer + f.libc_tls, f.libc_tls_size);
    guard hold(orphans_lock);
    o->next = orphans;
    orphans = o;
}

void adopt_orphan(const glibc_facts& f, char* thread_pointer) noexcept {
    orphan* o = nullptr;
    {
        guard hold(orphans_lock);
        o = orphans;
        if (o) {
            orphans = o->next;
        }
    }
    if (o) {
        std::memcpy(thread_pointer + f.libc_tls, o->bytes(), f.libc_tls_size);
        ::operator delete(o);
    }
}

/// What the compiler and libc expect at the thread pointer itself; guards are the process's, so they are copied from the caller.
void write_tcb(char* tp, const glibc_facts& f) noexcept {
#if defined(__x86_64__)
    (void)f;
    char* const mine = thread_pointer();
    if (is_on(measure::tcb_words)) {
        put(tp, layout::tcb_self, tp);
        put(tp, layout::tcb_descriptor, tp);
        put(tp, layout::sysinfo, get<void*>(mine, layout::sysinfo));
        put(tp, layout::stack_guard, get<std::uintptr_t>(mine, layout::stack_guard));
        put(tp, layout::pointer_guard, get<std::uintptr_t>(mine, layout::pointer_guard));
        put(tp, layout::feature_1, get<unsigned>(mine, layout::feature_1));
    }
    if (is_on(measure::multiple_threads)) {
        put(tp, layout::multiple_threads, 1);
    }
#else
    if (is_on(measure::multiple_threads)) {
        put(tp, f.descriptor + static_cast<std::ptrdiff_t>(layout::multiple_threads), 1);
    }
#endif
}

} // namespace

std::size_t tls_block_size() noexcept {
    const glibc_facts& f = glibc();
    return f.tls_before + f.tls_behind + 2 * f.tls_align;
}

char* thread_pointer_in(char* low) noexcept {
    const glibc_facts& f = glibc();
    const std::uintptr_t at_least = reinterpret_cast<std::uintptr_t>(low) + f.tls_before;
    return reinterpret_cast<char*>((at_least + f.tls_align - 1) & ~(f.tls_align - 1));
}

base::result<void> make_tls(char* tp, const stack_bounds& stack) noexcept {
    const glibc_facts& f = glibc();
    write_tcb(tp, f);
    if (is_on(measure::specific)) {
        put(tp, f.specific, tp + f.specific - 0x200);
    }
    // specific_used and report_events stay 0; behind them: whose stack it is.
    std::memcpy(tp + f.specific + 0x102, &f.main_flags, 7);
    set_stack_bounds(tp, stack);
    reset_descriptor(tp);
    link_thread(tp);
    if (is_on(measure::static_tls)) {
        if (!f.symbols.allocate_tls(tp)) {
            unlink_thread(tp);
            return base::refusal{ENOMEM, "_dl_allocate_tls"};
        }
        if (keeps_libc_segment(f)) {
            adopt_orphan(f, tp);
        }
    }
    return {};
}

base::result<void> renew_tls(char* tp) noexcept {
    const glibc_facts& f = glibc();
    if (!is_on(measure::static_tls)) {
        return {};
    }
    char kept[4096];
    const bool has_past = get<void*>(tp, f.dtv) != nullptr; // not after forget_tls, nor after a refusal here
    const bool keep = has_past && keeps_libc_segment(f);
    if (keep) {
        std::memcpy(kept, tp + f.libc_tls, f.libc_tls_size);
    }
    if (has_past) {
        f.symbols.deallocate_tls(tp, false);
    }
    if (!f.symbols.allocate_tls(tp)) {
        put<void*>(tp, f.dtv, nullptr);
        return base::refusal{ENOMEM, "_dl_allocate_tls"};
    }
    if (keep) {
        std::memcpy(tp + f.libc_tls, kept, f.libc_tls_size);
    }
    return {};
}

void drop_tls(char* tp) noexcept {
    const glibc_facts& f = glibc();
    unlink_thread(tp);
    if (is_on(measure::static_tls)) {
        if (get<void*>(tp, f.dtv)) {
            if (keeps_libc_segment(f)) {
                leave_orphan(f, tp);
            }
            f.symbols.deallocate_tls(tp, false);
        }
    }
}

void forget_tls(char* tp) noexcept {
    const glibc_facts& f = glibc();
    put<void*>(tp, f.dtv, nullptr);
    abandon_key_values(tp);
}

void set_stack_bounds(char* tp, const stack_bounds& stack) noexcept {
    const glibc_facts& f = glibc();
    if (f.stackblock != 0 && is_on(measure::stack_bounds)) {
        put(tp, f.stackblock, stack.low);
        put(tp, f.stackblock + 8, stack.size);
        put(tp, f.stackblock + 16, stack.guard_size);
        put(tp, f.stackblock + 24, stack.guard_size);
    }
}

void settle_in_tls(char* tp, struct __res_state& resolver) noexcept {
    const glibc_facts& f = glibc();
    if (is_on(measure::locale)) {
        uselocale(LC_GLOBAL_LOCALE); // sets the ctype tables of this thread, too
    }
    errno = 0;
    h_errno = 0;
    if (f.resolver != 0 && is_on(measure::resolver)) {
        std::memset(&resolver, 0, sizeof resolver);
        put(tp, f.resolver, &resolver);
    }
}

void leave_tls(char* tp, struct __res_state& resolver) {
    const glibc_symbols& s = glibc().symbols;
    if (s.call_tls_dtors && is_on(measure::tls_destructors)) {
        s.call_tls_dtors();
    }
    if (is_on(measure::key_destructors)) {
        run_key_destructors(tp);
    }
    forget_key_values(tp);
    if ((resolver.options & RES_INIT) != 0 && s.resolver_close) {
        s.resolver_close(&resolver);
        resolver.options = 0;
    }
}

void run_with_exit_place(char* tp, void (*function)(void*), void* argument) {
    const glibc_facts& f = glibc();
    __pthread_unwind_buf_t place = {};
    const bool wanted = is_on(measure::cancel_buffer);
    if (__sigsetjmp_cancel(place.__cancel_jmp_buf, 0) == 0) {
        if (wanted && f.symbols.register_cancel) {
            f.symbols.register_cancel(&place);
        } else if (wanted) {
            put<void*>(tp, f.cancelhandling - 8, &place); // what the call does
        }
        function(argument);
    }
    put<void*>(tp, f.cancelhandling - 8, nullptr);
}

void reset_descriptor(char* tp) noexcept {
    const glibc_facts& f = glibc();
    if (is_on(measure::robust_list)) {
        char* head = tp + f.robust_head;
        put(tp, f.robust_head, head);                        // list: empty, points to itself
        put(tp, f.robust_head + 8, f.robust_futex_offset);   // from a mutex's list node to its futex word
        put<void*>(tp, f.robust_head + 16, nullptr);         // list_op_pending
        put(tp, f.robust_head - 8, head);                    // robust_prev
    }
    put<void*>(tp, f.cancelhandling - 8, nullptr);  // cleanup_jmp_buf
    put<void*>(tp, f.cancelhandling - 16, nullptr); // cleanup
    put(tp, f.cancelhandling, is_on(measure::exiting_bit) ? exiting : 0u);
}

namespace {

/// setuid() and its relatives signal every thread on glibc's lists. The handler for that signal is installed by the first call of
/// pthread_create, but only if libc's flag still says "single-threaded" then. We are about to clear the flag: so glibc is
/// brought to install it now, by asking for a thread that it must refuse (a stack larger than the address space). Without it a
/// later setuid() in a worker, or beside std::threads, ends the process by signal 33.
void install_setxid_handler(const glibc_symbols& s) noexcept {
    if (s.static_program) {
        if (s.setxid_handler && s.set_signal_action) {
            struct sigaction action = {};
            action.sa_sigaction = s.setxid_handler;
            action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
            (void)s.set_signal_action(33, &action, nullptr);
        }
        return;
    }
    if (!s.create || !s.attributes_init || !s.attributes_set_stack_size || !s.attributes_destroy) {
        return;
    }
    const int kept_errno = errno;
    pthread_attr_t attributes;
    s.attributes_init(&attributes);
    if (s.attributes_set_stack_size(&attributes, std::size_t{1} << 62) == 0) {
        pthread_t none;
        (void)s.create(&none, &attributes, [](void*) -> void* { return nullptr; }, nullptr);
    }
    s.attributes_destroy(&attributes);
    errno = kept_errno;
}

/// A static program's unwind tables are sorted by the first throw, under a lock that libgcc takes only when pthread_key_create happens
/// to be linked in: otherwise the first two throws on two threads race, and the one that finds a half-sorted table aborts. So we
/// make it sort them now, by asking for an address that is in no table; from then on they are only read.
void sort_unwind_tables(const glibc_symbols& s) noexcept {
    static constinit std::atomic<bool> sorted{false};
    // mo: relaxed: the clone publishes the tables to the thread that we are about to make.
    if (s.find_unwind_entry && !sorted.load(std::memory_order_relaxed)) {
        void* bases[3];
        (void)s.find_unwind_entry(reinterpret_cast<void*>(1), bases);
        sorted.store(true, std::memory_order_relaxed); // mo: relaxed: as above
    }
}

} // namespace

void declare_threads() noexcept {
    const glibc_symbols& s = glibc().symbols;
    if (is_on(measure::unwind_tables)) {
        sort_unwind_tables(s);
    }
    // pthread_create's call clears both flags as well, so it must not be made when a test wants one of them left.
    if (*s.libc_single_threaded && is_on(measure::setxid_handler) && is_on(measure::libc_single_threaded) &&
        is_on(measure::program_single_threaded)) {
        install_setxid_handler(s);
    }
    if (is_on(measure::libc_single_threaded) && *s.libc_single_threaded) {
        *s.libc_single_threaded = 0;
    }
    // A program without a copy relocation shares libc's variable; then this is the same byte, and switched by the same measure.
    if (is_on(measure::program_single_threaded) && s.program_single_threaded != s.libc_single_threaded &&
        *s.program_single_threaded) {
        *s.program_single_threaded = 0;
    }
    if (is_on(measure::multiple_threads)) {
#if defined(__x86_64__)
        put(thread_pointer(), layout::multiple_threads, 1);
#else
        put(thread_pointer(), glibc().descriptor + static_cast<std::ptrdiff_t>(layout::multiple_threads), 1);
#endif
    }
    static constinit std::atomic<bool> stdio_told{false};
    // mo: relaxed: telling it twice is harmless.
    if (is_on(measure::stdio_locks) && s.enable_stdio_locks && !stdio_told.load(std::memory_order_relaxed)) {
        s.enable_stdio_locks();
        stdio_told.store(true, std::memory_order_relaxed); // mo: relaxed: as above
    }
}

void free_tls_locks_after_fork() noexcept {
    ::new (static_cast<void*>(&orphans_lock)) lock;
}

} // namespace weft::kernel
