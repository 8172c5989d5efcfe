// SPDX-License-Identifier: MIT
// What weft must know about the running glibc to make threads that it accepts as its own: found out once, before the
// first thread, and cross-checked. Nothing is assumed from the version number.
//
// Each fact is learnt in one way and confirmed in another where there is one: an expected offset against the kernel's
// answer (gettid, get_robust_list), against thread_db's descriptors, against a value planted through a public call, against the
// shape of the data (a ring that closes, a pointer that points where it must). A fact that fails its check has a fallback (then the
// doctor says which), or the whole discovery is refused: start_thread answers ENOTSUP and the sentence in `refused`.
#pragma once
#include "kernel/glibc_symbols.hpp"
#include "kernel/thread_pointer.hpp"
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft::kernel {

struct glibc_facts {
    glibc_symbols symbols;
    const char* version = "?"; // "2.36"
    char refused[256] = "";    // why threads cannot be made; empty: they can

    // The static TLS area: `tls_before` bytes below and `tls_behind` above the thread pointer, at `tls_align`.
    std::size_t tls_before = 0;
    std::size_t tls_behind = 0;
    std::size_t tls_align = 64;

    // Offsets from the thread pointer (negative on aarch64).
    std::ptrdiff_t descriptor = 0;
    std::ptrdiff_t dtv = layout::tcb_dtv; // where the dtv pointer is
    std::ptrdiff_t tid = 0;
    std::ptrdiff_t list = 0;
    std::ptrdiff_t robust_head = 0;
    std::ptrdiff_t cancelhandling = 0;
    std::ptrdiff_t specific = 0;   // struct pthread_key_data* specific[32]
    std::ptrdiff_t stackblock = 0; // 0: unknown
    std::ptrdiff_t resolver = 0;   // of the TLS variable __resp; 0: unknown
    std::ptrdiff_t rseq = 0;       // 0: this glibc registers none
    std::uint32_t rseq_size = 0;
    std::size_t robust_futex_offset = 0;

    // libc's own TLS segment, [libc_tls, libc_tls + libc_tls_size) from the thread pointer; size 0: cannot be told apart.
    std::ptrdiff_t libc_tls = 0;
    std::size_t libc_tls_size = 0;

    std::uint64_t main_flags = 0; // bytes of main's descriptor after report_events: "not glibc's stack"
    bool list_usable = false;     // threads are linked on _dl_stack_user
    bool keys_usable = false;     // key destructors can be run
};

/// Finds out on the first call (about 50 us); later calls cost a load. Call it on a thread that glibc made. Does not allocate.
[[nodiscard]] const glibc_facts& glibc() noexcept;

/// One line of `weft doctor`.
struct glibc_finding {
    std::string what;    // "offset of tid"
    std::string value;   // "0x2d0"
    std::string how;     // "scanned for gettid(); thread_db agrees"
    bool good = true;    // false: a fallback is in use
};
[[nodiscard]] std::vector<glibc_finding> explain_glibc();

} // namespace weft::kernel
