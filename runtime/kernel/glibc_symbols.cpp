// SPDX-License-Identifier: MIT
#include "kernel/glibc_symbols.hpp"
#include <sys/single_threaded.h>

#define WEFT_IN_LIBC_A __attribute__((weak, visibility("hidden")))

extern "C" {
// <dlfcn.h>'s function, but weakly: a static program then does without the loader, which it would carry for nothing.
__attribute__((weak)) void* dlsym(void* where, const char* name) noexcept;

WEFT_IN_LIBC_A void* _dl_allocate_tls(void*);
WEFT_IN_LIBC_A void _dl_deallocate_tls(void*, bool);
WEFT_IN_LIBC_A void _dl_get_tls_static_info(std::size_t*, std::size_t*);
WEFT_IN_LIBC_A extern weft::kernel::list_node _dl_stack_user;
WEFT_IN_LIBC_A extern int _dl_stack_cache_lock;
WEFT_IN_LIBC_A void _IO_enable_locks();
WEFT_IN_LIBC_A void __call_tls_dtors();
WEFT_IN_LIBC_A void __libc_thread_freeres();
WEFT_IN_LIBC_A void __malloc_arena_thread_freeres();
WEFT_IN_LIBC_A void __res_nclose(void*);
WEFT_IN_LIBC_A void __nptl_setxid_sighandler(int, siginfo_t*, void*);
WEFT_IN_LIBC_A int __libc_sigaction(int, const struct sigaction*, struct sigaction*);
WEFT_IN_LIBC_A const void* _Unwind_Find_FDE(void*, void*); // libgcc_eh.a's
WEFT_IN_LIBC_A extern unsigned __nptl_nthreads;
WEFT_IN_LIBC_A extern weft::kernel::key_slot __pthread_keys[];
WEFT_IN_LIBC_A extern const std::ptrdiff_t __rseq_offset;
WEFT_IN_LIBC_A extern const unsigned __rseq_size;
WEFT_IN_LIBC_A extern void* __libc_stack_end;
}

namespace weft::kernel {

namespace {

constexpr int lazy = 1, no_load = 4; // RTLD_LAZY, RTLD_NOLOAD

/// where null: RTLD_DEFAULT.
template <class Pointer>
void find(Pointer& into, const char* name, void* where = nullptr) noexcept {
    into = reinterpret_cast<Pointer>(dlsym(where, name));
}

void find_in_static_program(glibc_symbols& s) noexcept {
    s.static_program = true;
    s.allocate_tls = &_dl_allocate_tls;
    s.deallocate_tls = &_dl_deallocate_tls;
    s.static_tls_info = &_dl_get_tls_static_info;
    s.stack_user = &_dl_stack_user;
    s.stack_lock = &_dl_stack_cache_lock;
    s.libc_single_threaded = &__libc_single_threaded;
    s.enable_stdio_locks = &_IO_enable_locks;
    s.call_tls_dtors = &__call_tls_dtors;
    // The whole cleanup is linked in only beside pthread_create; malloc's part of it, which holds nearly all, always.
    s.thread_freeres = &__libc_thread_freeres ? &__libc_thread_freeres : &__malloc_arena_thread_freeres;
    s.resolver_close = &__res_nclose;
    s.setxid_handler = &__nptl_setxid_sighandler; // linked in beside setuid
    s.set_signal_action = &__libc_sigaction;
    s.find_unwind_entry = &_Unwind_Find_FDE;
    s.thread_count = &__nptl_nthreads;
    s.keys = __pthread_keys;
    s.rseq_offset = &__rseq_offset;
    s.rseq_size = &__rseq_size;
    s.stack_end = &__libc_stack_end;
}

void find_in_dynamic_program(glibc_symbols& s) noexcept {
    find(s.allocate_tls, "_dl_allocate_tls");
    find(s.deallocate_tls, "_dl_deallocate_tls");
    find(s.static_tls_info, "_dl_get_tls_static_info");
    char* loader = nullptr;
    const std::uint32_t* stack_user_offset = nullptr;
    find(loader, "_rtld_global");
    find(stack_user_offset, "_thread_db_rtld_global__dl_stack_user");
    if (loader && stack_user_offset) {
        s.stack_user = reinterpret_cast<list_node*>(loader + stack_user_offset[2]);
        // list_t _dl_stack_user, _dl_stack_cache; size_t, uintptr_t; int _dl_stack_cache_lock: 48 bytes on.
        s.stack_lock = loader + stack_user_offset[2] + 48;
    }
    // libc's own copy of the variable: the default search may give the program's copy relocation.
    void* (*open_library)(const char*, int) = nullptr;
    int (*close_library)(void*) = nullptr;
    find(open_library, "dlopen");
    find(close_library, "dlclose");
    if (void* libc = open_library && close_library ? open_library("libc.so.6", no_load | lazy) : nullptr) {
        find(s.libc_single_threaded, "__libc_single_threaded", libc);
        close_library(libc);
    }
    find(s.enable_stdio_locks, "_IO_enable_locks");
    find(s.call_tls_dtors, "__call_tls_dtors");
    find(s.resolver_close, "__res_nclose");
    find(s.resolver_pointer, "__resp");
    find(s.thread_count, "__nptl_nthreads");
    find(s.keys, "__pthread_keys");
    find(s.rseq_offset, "__rseq_offset");
    find(s.rseq_size, "__rseq_size");
    find(s.stack_end, "__libc_stack_end");
    find(s.db_tid, "_thread_db_pthread_tid");
    find(s.db_list, "_thread_db_pthread_list");
    find(s.db_cancelhandling, "_thread_db_pthread_cancelhandling");
    find(s.db_specific, "_thread_db_pthread_specific");
    find(s.db_sizeof_pthread, "_thread_db_sizeof_pthread");
    find(s.key_create, "pthread_key_create");
    find(s.key_delete, "pthread_key_delete");
    find(s.set_specific, "pthread_setspecific");
    find(s.get_attributes, "pthread_getattr_np");
    find(s.attributes_get_stack, "pthread_attr_getstack");
    find(s.attributes_destroy, "pthread_attr_destroy");
    find(s.attributes_init, "pthread_attr_init");
    find(s.attributes_set_stack_size, "pthread_attr_setstacksize");
    find(s.create, "pthread_create");
    find(s.register_cancel, "__pthread_register_cancel");
    find(s.unregister_cancel, "__pthread_unregister_cancel");
}

} // namespace

glibc_symbols find_glibc_symbols() noexcept {
    glibc_symbols s;
    s.program_single_threaded = &__libc_single_threaded;
    if (&_dl_allocate_tls != nullptr) {
        find_in_static_program(s);
    } else if (&dlsym) {
        find_in_dynamic_program(s);
    }
    return s;
}

} // namespace weft::kernel
