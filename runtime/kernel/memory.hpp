// SPDX-License-Identifier: MIT
// Anonymous memory straight from the kernel, for what must not go through malloc: stacks, and tables that grow large.
//
// ThreadSanitizer must see memory come and go: otherwise what is unmapped here and mapped there, at the same address, looks like a race
// of the old owner with the new one. So its builds call libc, whose calls it watches.
#pragma once
#include "base/sanitizers.hpp"
#include "kernel/syscall.hpp"
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/mman.h>

namespace weft::kernel {

/// A new private mapping of zeros, readable and writable; `flags` beside MAP_PRIVATE and MAP_ANONYMOUS. Its address, or -errno.
[[nodiscard]] inline long map_memory(std::size_t bytes, int flags = 0) noexcept {
#if defined(WEFT_THREAD_SANITIZER)
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return at == MAP_FAILED ? -errno : as_register(at);
#else
    return system_call(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
#endif
}

inline void unmap_memory(void* at, std::size_t bytes) noexcept {
#if defined(WEFT_THREAD_SANITIZER)
    (void)::munmap(at, bytes);
#else
    (void)system_call(SYS_munmap, at, bytes);
#endif
}

/// The mapping at `old`, now `bytes` long and perhaps elsewhere. Its address, or -errno and nothing has changed.
[[nodiscard]] inline long grow_memory(void* old, std::size_t old_bytes, std::size_t bytes) noexcept {
#if defined(WEFT_THREAD_SANITIZER)
    const long at = map_memory(bytes);
    if (at > 0) {
        std::memcpy(reinterpret_cast<void*>(at), old, old_bytes);
        unmap_memory(old, old_bytes);
    }
    return at;
#else
    return system_call(SYS_mremap, old, old_bytes, bytes, MREMAP_MAYMOVE);
#endif
}

} // namespace weft::kernel
