// SPDX-License-Identifier: MIT
// The doors into the running glibc: functions and variables that pthread_create uses and no header declares.
//
// Two ways, decided by the linker and not by an option, so that one libweft.a serves every program:
//   dynamic program   dlsym at run time. No undefined symbol and no private version need is recorded in the program.
//   static program    weak references with hidden visibility. Such a reference is never satisfied by a shared library
//                     (there it is null), but binds to the definition in libc.a.
// EDGE private-symbols: all of this is glibc's own business (GLIBC_PRIVATE); glibc_facts.cpp checks what can be checked.
#pragma once
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <pthread.h>

namespace weft::kernel {

struct list_node { // glibc's list_t
    list_node* next;
    list_node* previous;
};

struct key_slot { // glibc's struct pthread_key_struct
    std::uintptr_t sequence; // odd: in use
    void (*destructor)(void*);
};

/// Null where this glibc does not offer it.
struct glibc_symbols {
    bool static_program = false;

    void* (*allocate_tls)(void* thread_pointer) = nullptr;            // _dl_allocate_tls
    void (*deallocate_tls)(void* thread_pointer, bool free_it) = nullptr; // _dl_deallocate_tls
    void (*static_tls_info)(std::size_t* size, std::size_t* align) = nullptr; // _dl_get_tls_static_info
    list_node* stack_user = nullptr;      // _dl_stack_user: the list of threads with stacks that glibc does not own
    void* stack_lock = nullptr;           // _dl_stack_cache_lock: int, guards it

    char* libc_single_threaded = nullptr;    // libc's own __libc_single_threaded
    char* program_single_threaded = nullptr; // the program's copy
    void (*enable_stdio_locks)() = nullptr;  // _IO_enable_locks
    void (*call_tls_dtors)() = nullptr;      // __call_tls_dtors
    void (*thread_freeres)() = nullptr;      // __libc_thread_freeres, or malloc's part of it; static programs only
    void (*resolver_close)(void* state) = nullptr; // __res_nclose
    void* resolver_pointer = nullptr;        // the caller's own __resp (a TLS variable); dynamic programs only
    unsigned* thread_count = nullptr;        // __nptl_nthreads
    key_slot* keys = nullptr;                // __pthread_keys
    void (*setxid_handler)(int, siginfo_t*, void*) = nullptr; // __nptl_setxid_sighandler; static programs only
    int (*set_signal_action)(int, const struct sigaction*, struct sigaction*) = nullptr; // __libc_sigaction; as above
    const void* (*find_unwind_entry)(void* pc, void* bases) = nullptr; // libgcc's _Unwind_Find_FDE; static programs only
    const std::ptrdiff_t* rseq_offset = nullptr; // __rseq_offset
    const unsigned* rseq_size = nullptr;     // __rseq_size
    void* const* stack_end = nullptr;        // __libc_stack_end

    // thread_db's descriptors: {bits, count, offset}
    const std::uint32_t* db_tid = nullptr;
    const std::uint32_t* db_list = nullptr;
    const std::uint32_t* db_cancelhandling = nullptr;
    const std::uint32_t* db_specific = nullptr;
    const std::uint32_t* db_sizeof_pthread = nullptr; // one word

    // Public functions of the pthread interface, for planting values and for the end of a thread.
    int (*key_create)(pthread_key_t*, void (*)(void*)) = nullptr;
    int (*key_delete)(pthread_key_t) = nullptr;
    int (*set_specific)(pthread_key_t, const void*) = nullptr;
    int (*get_attributes)(pthread_t, pthread_attr_t*) = nullptr;
    int (*attributes_get_stack)(const pthread_attr_t*, void**, std::size_t*) = nullptr;
    int (*attributes_destroy)(pthread_attr_t*) = nullptr;
    int (*attributes_init)(pthread_attr_t*) = nullptr;
    int (*attributes_set_stack_size)(pthread_attr_t*, std::size_t) = nullptr;
    int (*create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) = nullptr;
    void (*register_cancel)(void* unwind_buffer) = nullptr;   // __pthread_register_cancel
    void (*unregister_cancel)(void* unwind_buffer) = nullptr; // __pthread_unregister_cancel
};

[[nodiscard]] glibc_symbols find_glibc_symbols() noexcept;

} // namespace weft::kernel
