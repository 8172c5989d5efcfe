// SPDX-License-Identifier: MIT
// What a raw-clone thread owes glibc, as a list: one name for each thing that pthread_create does beside clone(2).
// (docs/glibc.md tells each story.) All are always on; tests switch one off to prove that its test can fail.
#pragma once
#include <cstdint>

namespace weft::kernel {

enum class measure : std::uint32_t {
    libc_single_threaded,    // clear libc's own __libc_single_threaded
    program_single_threaded, // clear the program's __libc_single_threaded
    stdio_locks,             // _IO_enable_locks
    multiple_threads,        // the TCB field that older glibc reads
    static_tls,              // static TLS image and dtv
    tcb_words,               // self pointers, stack canary, pointer guard, feature word
    locale,                  // uselocale: the ctype tables
    resolver,                // an own __resp
    rseq,                    // register the rseq area, else cpu_id = -2
    tid,                     // pd->tid
    robust_list,             // set_robust_list in the child, list reset on reuse
    specific,                // specific[0], for pthread_key values
    stack_list,              // link on _dl_stack_user
    tls_destructors,         // __call_tls_dtors at the end
    key_destructors,         // pthread_key destructors at the end
    libc_caches,             // keep libc's TLS segment when a block is reused (else freed caches are lost)
    blocked_signals,         // no signal handler runs on a half-made or half-ended thread
    cancel_buffer,           // where pthread_exit and pthread_cancel unwind to
    stack_bounds,            // stackblock, for pthread_getattr_np
    exiting_bit,             // glibc's setxid skips the thread
    setxid_handler,          // glibc installs its handler for setxid's signal, for main and pthreads
    thread_count,            // __nptl_nthreads counts us, so that main may pthread_exit
    unwind_tables,           // libgcc sorts a static program's unwind tables before there are threads
    count_
};

extern std::uint32_t measures_off; // r/o after the test's first lines

[[nodiscard]] inline bool is_on(measure m) noexcept {
    return (measures_off >> static_cast<unsigned>(m) & 1) == 0;
}

/// For tests alone, before the first kernel thread is made.
inline void switch_off(measure m) noexcept {
    measures_off |= 1u << static_cast<unsigned>(m);
}

[[nodiscard]] const char* name_of(measure m) noexcept;
/// By name, as name_of gives it; count_ when there is none.
[[nodiscard]] measure measure_named(const char* name) noexcept;

} // namespace weft::kernel
