// SPDX-License-Identifier: MIT
#include "kernel/glibc_facts.hpp"
#include "kernel/lock.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread_pointer.hpp"
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gnu/libc-version.h>
#include <link.h>
#include <resolv.h>
#undef p_type // <resolv.h> defines it

namespace weft::kernel {

namespace {

using offset = std::ptrdiff_t;

template <class T>
T at(const char* base, offset where) noexcept {
    T value;
    std::memcpy(&value, base + where, sizeof value);
    return value;
}

/// thread_db's {bits, count, offset} descriptor against ours. True when they agree, or when there is none.
bool agrees(const std::uint32_t* descriptor, offset ours) noexcept {
    return !descriptor || descriptor[2] == static_cast<std::uint32_t>(ours);
}

class discovery {
  public:
    explicit discovery(glibc_facts& into) noexcept : f_(into), tp_(thread_pointer()) {}

    void run() noexcept {
        f_.version = gnu_get_libc_version();
        f_.symbols = find_glibc_symbols();
        const bool done = require_version() && require_tls() && find_descriptor() && find_robust_head() && find_cancelhandling() &&
                          find_specific();
        if (done) {
            find_list();
            find_stackblock();
            find_resolver();
            find_rseq();
            find_libc_tls();
            plant_key();
        }
    }

  private:
    [[gnu::format(printf, 2, 3)]] bool refuse(const char* format, ...) noexcept {
        int n = std::snprintf(f_.refused, sizeof f_.refused, "weft cannot make threads under glibc %s: ", f_.version);
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(f_.refused + n, sizeof f_.refused - static_cast<std::size_t>(n), format, arguments);
        va_end(arguments);
        return false;
    }

    bool require_version() noexcept {
        char* rest = nullptr;
        const long major = std::strtol(f_.version, &rest, 10);
        const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
        if (major < 2 || (major == 2 && minor < 34)) {
            return refuse("it is too old; 2.34 is the first that keeps threads in libc itself");
        }
        return true;
    }

    bool require_tls() noexcept {
        const glibc_symbols& s = f_.symbols;
        if (!s.allocate_tls || !s.deallocate_tls || !s.static_tls_info) {
            return refuse("it does not offer _dl_allocate_tls (check: symbols)");
        }
        if (!s.libc_single_threaded || !s.program_single_threaded) {
            return refuse("__libc_single_threaded was not found (check: symbols)");
        }
        std::size_t size = 0;
        std::size_t align = 0;
        s.static_tls_info(&size, &align);
        if (size == 0 || size > (1u << 24) || align == 0 || (align & (align - 1)) != 0) {
            return refuse("a static TLS of %zu bytes at alignment %zu cannot be meant (check: TLS size)", size, align);
        }
        f_.tls_align = align < 64 ? 64 : align;
        if constexpr (layout::descriptor_at_thread_pointer) {
            f_.tls_before = size; // counts the descriptor too: some bytes too many
            f_.tls_behind = layout::room_behind;
        } else {
            f_.tls_before = layout::room_before_descriptor;
            f_.tls_behind = size + layout::room_behind;
        }
        return true;
    }

    bool descriptor_fits(offset descriptor) noexcept {
        const auto tid = static_cast<pid_t>(system_call(SYS_gettid));
        return at<pid_t>(tp_, descriptor + static_cast<offset>(layout::expected_tid)) == tid;
    }

    /// The descriptor, and in it the word that holds this thread's tid.
    bool find_descriptor() noexcept {
        if constexpr (layout::descriptor_at_thread_pointer) {
            f_.descriptor = 0;
        } else {
            f_.descriptor = find_descriptor_before_thread_pointer();
        }
        const auto tid = static_cast<pid_t>(system_call(SYS_gettid));
        f_.tid = f_.descriptor + static_cast<offset>(layout::expected_tid);
        if (at<pid_t>(tp_, f_.tid) != tid) {
            return refuse("the descriptor does not hold the thread's id at 0x%zx (check: tid against gettid)", layout::expected_tid);
        }
        if (!agrees(f_.symbols.db_tid, f_.tid - f_.descriptor)) {
            return refuse("thread_db has the thread's id at 0x%x, gettid finds it at 0x%zx (check: tid)", f_.symbols.db_tid[2],
                          layout::expected_tid);
        }
        f_.list = f_.tid - static_cast<offset>(layout::list_before_tid);
        if (!agrees(f_.symbols.db_list, f_.list - f_.descriptor)) {
            return refuse("thread_db has the list node at 0x%x (check: list)", f_.symbols.db_list[2]);
        }
        return true;
    }

    offset find_descriptor_before_thread_pointer() noexcept {
#if defined(__aarch64__)
        if (f_.symbols.db_sizeof_pthread) {
            return -static_cast<offset>(*f_.symbols.db_sizeof_pthread);
        }
        for (std::size_t size : layout::descriptor_sizes) {
            if (descriptor_fits(-static_cast<offset>(size))) {
                return -static_cast<offset>(size);
            }
        }
#endif
        return 0;
    }

    bool find_robust_head() noexcept {
        f_.robust_head = f_.tid + static_cast<offset>(layout::robust_after_tid);
        char* head = nullptr;
        std::size_t length = 0;
        if (system_call(SYS_get_robust_list, 0, &head, &length) == 0 && head) {
            if (head - tp_ != f_.robust_head) {
                return refuse("the kernel knows the robust list at %td from the thread pointer, expected %td (check: robust list)",
                              head - tp_, f_.robust_head);
            }
        } else if (at<char*>(tp_, f_.robust_head) != tp_ + f_.robust_head) {
            return refuse("no empty robust list behind the thread's id (check: robust list)");
        }
        f_.robust_futex_offset = at<std::size_t>(tp_, f_.robust_head + 8);
        return true;
    }

    bool find_cancelhandling() noexcept {
        f_.cancelhandling = f_.robust_head + static_cast<offset>(layout::cancelhandling_after_robust);
        if (!agrees(f_.symbols.db_cancelhandling, f_.cancelhandling - f_.descriptor)) {
            return refuse("thread_db has cancelhandling at 0x%x (check: cancelhandling)", f_.symbols.db_cancelhandling[2]);
        }
        if ((at<unsigned>(tp_, f_.cancelhandling) & ~0x1ffu) != 0) {
            return refuse("cancelhandling holds bits that no glibc sets (check: cancelhandling)");
        }
        return true;
    }

    /// specific[0] points to the first block of values, which lies right before the array: 32 keys of 16 bytes.
    bool find_specific() noexcept {
        f_.specific = f_.tid + static_cast<offset>(layout::specific_after_tid);
        if (!agrees(f_.symbols.db_specific, f_.specific - f_.descriptor)) {
            return refuse("thread_db has specific at 0x%x (check: specific)", f_.symbols.db_specific[2]);
        }
        if (at<char*>(tp_, f_.specific) != tp_ + f_.specific - 0x200) {
            return refuse("specific[0] does not point to the first block of key values (check: specific)");
        }
        return true;
    }

    /// The ring of threads with foreign stacks, which must close and hold main.
    void find_list() noexcept {
        const glibc_symbols& s = f_.symbols;
        if (!s.stack_user || !s.stack_lock) {
            return;
        }
        if (at<unsigned>(static_cast<char*>(s.stack_lock), 0) > 2) {
            return; // not a lock
        }
        const auto main_tid = static_cast<pid_t>(system_call(SYS_getpid));
        auto& guarded_by = *static_cast<lock*>(s.stack_lock); // the same three states as glibc's lll_lock
        guard hold(guarded_by);
        const list_node* n = s.stack_user;
        const char* main = nullptr;
        for (int steps = 0; steps < 1'000'000; ++steps) {
            if (!n->next || n->next->previous != n) {
                return; // no ring
            }
            n = n->next;
            if (n == s.stack_user) {
                break;
            }
            const char* descriptor = reinterpret_cast<const char*>(n) - f_.list + f_.descriptor;
            if (at<pid_t>(descriptor, f_.tid - f_.descriptor) == main_tid) {
                main = descriptor;
            }
        }
        if (!main) {
            return;
        }
        f_.list_usable = true;
        // 7 bytes: specific_used, report_events, then user_stack and its neighbours (moved in 2.43).
        std::memcpy(&f_.main_flags, main + (f_.specific - f_.descriptor) + 0x102, 7);
        main_ = main;
    }

    /// stackblock, stackblock_size, guardsize: asked of pthread_getattr_np with a made-up descriptor; in a static program
    /// by main's, where the size field holds __libc_stack_end.
    void find_stackblock() noexcept {
        const offset expected = f_.tid + static_cast<offset>(layout::stackblock_after_tid);
        const glibc_symbols& s = f_.symbols;
        if (s.get_attributes && s.attributes_get_stack && s.attributes_destroy) {
            alignas(64) static char dummy[0x1000];
            std::memset(dummy, 0, sizeof dummy);
            char* place = dummy + (expected - f_.descriptor);
            const std::uintptr_t planted[] = {0x10000000, 0x30000, 0, 0};
            std::memcpy(place, planted, sizeof planted);
            pthread_attr_t attributes;
            if (s.get_attributes(reinterpret_cast<pthread_t>(dummy), &attributes) != 0) {
                return;
            }
            void* low = nullptr;
            std::size_t size = 0;
            s.attributes_get_stack(&attributes, &low, &size);
            s.attributes_destroy(&attributes);
            if (reinterpret_cast<std::uintptr_t>(low) == planted[0] && size == planted[1]) {
                f_.stackblock = expected;
            }
        } else if (main_ && s.stack_end && at<void*>(main_, expected - f_.descriptor + 8) == *s.stack_end) {
            f_.stackblock = expected;
        }
    }

    /// __resp: by its symbol, else by searching this thread's TLS for the pointer that __res_state() gives, then by changing it.
    void find_resolver() noexcept {
        // Declared `const`, so the compiler would ask once for all: ask through a pointer that it cannot see through.
        res_state (*volatile ask)() = &__res_state;
        res_state const now = ask();
        if (char* variable = static_cast<char*>(f_.symbols.resolver_pointer)) {
            if (at<res_state>(variable, 0) == now) {
                f_.resolver = variable - tp_;
            }
            return;
        }
        static struct __res_state other;
        const tls_segment own = segment_of(reinterpret_cast<std::uintptr_t>(&other)); // a static program has one
        for (offset i = own.low; i + 8 <= own.low + static_cast<offset>(own.size); i += 8) {
            if (at<res_state>(tp_, i) == now) {
                res_state const wanted = &other;
                std::memcpy(tp_ + i, &wanted, sizeof wanted);
                const bool it_was = ask() == wanted;
                std::memcpy(tp_ + i, &now, sizeof now);
                if (it_was) {
                    f_.resolver = i;
                    return;
                }
            }
        }
    }

    void find_rseq() noexcept {
        if (f_.symbols.rseq_offset && f_.symbols.rseq_size) {
            f_.rseq = *f_.symbols.rseq_offset;
            f_.rseq_size = *f_.symbols.rseq_size;
        }
    }

    /// In a dynamic program libc's thread_locals are a segment of their own.
    void find_libc_tls() noexcept {
        if (f_.symbols.static_program) {
            return;
        }
        const tls_segment libc = segment_of(reinterpret_cast<std::uintptr_t>(f_.symbols.enable_stdio_locks));
        // Ours to keep only if it is in the static TLS, which every thread has at the same place.
        if (libc.low >= -static_cast<offset>(f_.tls_before) &&
            libc.low + static_cast<offset>(libc.size) <= static_cast<offset>(f_.tls_behind) && libc.size <= 4096) {
            f_.libc_tls = libc.low;
            f_.libc_tls_size = libc.size;
        }
    }

    struct tls_segment {
        offset low = 0;
        std::size_t size = 0;
    };

    /// The TLS segment, in this thread, of the module that has `address` in one of its segments; size 0 when it has none.
    tls_segment segment_of(std::uintptr_t address) const noexcept {
        struct search {
            std::uintptr_t address;
            const char* tp;
            tls_segment found;
        } wanted{address, tp_, {}};
        dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* argument) noexcept {
                auto& w = *static_cast<search*>(argument);
                bool here = false;
                const ElfW(Phdr)* tls = nullptr;
                for (int i = 0; i < info->dlpi_phnum; ++i) {
                    const ElfW(Phdr)& p = info->dlpi_phdr[i];
                    here = here || (p.p_type == PT_LOAD && w.address - (info->dlpi_addr + p.p_vaddr) < p.p_memsz);
                    tls = p.p_type == PT_TLS ? &p : tls;
                }
                if (here && tls && info->dlpi_tls_data) {
                    w.found = {static_cast<const char*>(info->dlpi_tls_data) - w.tp, tls->p_memsz};
                }
                return here ? 1 : 0;
            },
            &wanted);
        return wanted.found;
    }

    /// A key made and set by the public calls must show up where we look for it.
    void plant_key() noexcept {
        const glibc_symbols& s = f_.symbols;
        if (!s.keys) {
            return;
        }
        if (!s.key_create || !s.set_specific || !s.key_delete) {
            f_.keys_usable = s.static_program; // the array is bound by name, its shape is part of thread_db's interface
            return;
        }
        pthread_key_t key;
        if (s.key_create(&key, &no_destructor) != 0) {
            return;
        }
        static char sentinel;
        if (s.set_specific(key, &sentinel) == 0) {
            // The first 32 keys lie in the descriptor, 32 more behind each further pointer of specific[].
            const char* block = at<const char*>(tp_, f_.specific + static_cast<offset>(key / 32) * 8);
            f_.keys_usable = block && at<char*>(block, static_cast<offset>(key % 32) * 16 + 8) == &sentinel &&
                             (s.keys[key].sequence & 1) != 0 && s.keys[key].destructor == &no_destructor;
            s.set_specific(key, nullptr);
        }
        s.key_delete(key);
    }
    static void no_destructor(void*) {}

    glibc_facts& f_;
    char* const tp_;
    const char* main_ = nullptr;
};

constinit lock discovery_lock;
constinit std::atomic<bool> discovered{false};
constinit glibc_facts the_facts; // guarded by discovery_lock until discovered, r/o then

} // namespace

const glibc_facts& glibc() noexcept {
    // mo: acquire -> the store below: the facts.
    if (!discovered.load(std::memory_order_acquire)) {
        guard hold(discovery_lock);
        // mo: relaxed: under the lock.
        if (!discovered.load(std::memory_order_relaxed)) {
            discovery(the_facts).run();
            // mo: release -> the load above.
            discovered.store(true, std::memory_order_release);
        }
    }
    return the_facts;
}

} // namespace weft::kernel
