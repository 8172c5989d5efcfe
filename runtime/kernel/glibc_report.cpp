// SPDX-License-Identifier: MIT
// glibc_facts.hpp's explain_glibc: every fact with how it was learnt, for `weft doctor`.
#include "kernel/glibc_facts.hpp"
#include <cstdio>

namespace weft::kernel {

namespace {

std::string hex(std::ptrdiff_t n) {
    char text[32];
    std::snprintf(text, sizeof text, n < 0 ? "-0x%zx" : "0x%zx", static_cast<std::size_t>(n < 0 ? -n : n));
    return text;
}

class report {
  public:
    void add(std::string what, std::string value, std::string how, bool good = true) {
        lines.push_back({std::move(what), std::move(value), std::move(how), good});
    }
    void symbol(const char* name, const void* found, const char* without) {
        add(name, found ? "found" : "missing", found ? door : without, found != nullptr);
    }
    void offset(const char* what, std::ptrdiff_t value, const glibc_facts& f, std::string how, const std::uint32_t* thread_db) {
        if (thread_db) {
            how += "; thread_db agrees";
        }
        add(what, hex(value - f.descriptor), std::move(how));
    }
    std::vector<glibc_finding> lines;
    const char* door = "dlsym";
};

template <class F>
const void* address(F* function) noexcept {
    return reinterpret_cast<const void*>(function);
}

void add_symbols(report& r, const glibc_facts& f) {
    const glibc_symbols& s = f.symbols;
    r.symbol("_dl_allocate_tls", address(s.allocate_tls), "threads are refused");
    r.symbol("libc's __libc_single_threaded", s.libc_single_threaded, "threads are refused");
    r.add("program's __libc_single_threaded",
          s.program_single_threaded == s.libc_single_threaded ? "the same variable" : "a copy of its own", "address of <sys/single_threaded.h>'s variable");
    r.symbol("_IO_enable_locks", address(s.enable_stdio_locks), "stdio is not linked in");
    r.symbol("__call_tls_dtors", address(s.call_tls_dtors),
             s.static_program ? "no thread_local with a destructor is linked in" : "thread_local destructors do not run");
    r.symbol("__pthread_keys", s.keys, "pthread_key destructors do not run");
    r.symbol("__nptl_nthreads", s.thread_count, "main must not call pthread_exit");
    if (s.static_program) {
        r.symbol("malloc's thread cleanup", address(s.thread_freeres), "libc's caches are lost at a thread's end");
    } else {
        r.symbol("__pthread_register_cancel", address(s.register_cancel), "cleanup_jmp_buf is written directly");
    }
}

void add_offsets(report& r, const glibc_facts& f) {
    const glibc_symbols& s = f.symbols;
    r.offset("offset of tid", f.tid, f, "the word there equals gettid()", s.db_tid);
    r.offset("offset of robust_head", f.robust_head, f, "get_robust_list's answer", nullptr);
    r.offset("offset of cancelhandling", f.cancelhandling, f, "behind the robust list, only known bits set", s.db_cancelhandling);
    r.offset("offset of specific", f.specific, f, "its first word points to the block before it", s.db_specific);
    r.add("key values", f.keys_usable ? "usable" : "not usable",
          f.keys_usable ? (s.key_create ? "planted by pthread_setspecific and found there" : "bound by name")
                        : "the planted value was not found; key destructors do not run",
          f.keys_usable);
    r.offset("offset of list", f.list, f, "16 bytes before tid", s.db_list);
    r.add("_dl_stack_user", f.list_usable ? "usable" : "not usable",
          f.list_usable ? "the ring closes and holds main"
                        : "nodes are linked to themselves: initial-exec TLS of later dlopens is not initialised in our threads",
          f.list_usable);
    r.add("offset of stackblock", f.stackblock ? hex(f.stackblock - f.descriptor) : "unknown",
          f.stackblock ? (s.get_attributes ? "planted, and read back by pthread_getattr_np" : "main's holds __libc_stack_end")
                       : "pthread_getattr_np has no answer in our threads",
          f.stackblock != 0);
    r.add("offset of __resp from the thread pointer", f.resolver ? hex(f.resolver) : "unknown",
          f.resolver ? (s.resolver_pointer ? "its symbol; __res_state() agrees" : "searched for and changed; __res_state() follows")
                     : "threads share main's resolver state",
          f.resolver != 0);
    r.add("rseq area from the thread pointer", f.rseq ? hex(f.rseq) + ", " + std::to_string(f.rseq_size) + " bytes in use" : "none",
          f.rseq ? "__rseq_offset, __rseq_size" : "this glibc has none");
}

} // namespace

std::vector<glibc_finding> explain_glibc() {
    const glibc_facts& f = glibc();
    report r;
    if (f.symbols.static_program) {
        r.door = "bound by the static link";
    }
    r.add("glibc", f.version, "gnu_get_libc_version()", f.refused[0] == '\0');
    if (f.refused[0] != '\0') {
        r.add("threads", "refused", f.refused, false);
    }
    r.add("program", f.symbols.static_program ? "static" : "dynamic", "whether libc.a's _dl_allocate_tls is linked in");
    add_symbols(r, f);
    r.add("static TLS and descriptor", std::to_string(f.tls_before) + " bytes, alignment " + std::to_string(f.tls_align),
          "_dl_get_tls_static_info");
    add_offsets(r, f);
    if (!f.symbols.static_program) {
        r.add("libc's own TLS segment", f.libc_tls_size ? hex(f.libc_tls) + ", " + std::to_string(f.libc_tls_size) + " bytes" : "not found",
              f.libc_tls_size ? "dl_iterate_phdr: the module that holds _IO_enable_locks; kept when a block is used again"
                              : "libc's caches are lost when a block is used again",
              f.libc_tls_size != 0);
    }
    return std::move(r.lines);
}

} // namespace weft::kernel
