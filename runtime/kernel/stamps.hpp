// SPDX-License-Identifier: MIT
// Moments in the making, life and end of a kernel thread that bench/lab wants to know the time of. In every ordinary build
// stamp() is empty and leaves no instruction; the laboratory compiles these files a second time, in a namespace of their own
// and with WEFT_LAB_STAMPS, and defines it there. So what is timed is this very code, and nobody else pays.
#pragma once

namespace weft::kernel {

/// In the order in which they come. A start passes some of them only: a cached block is not mapped.
enum class moment : unsigned {
    cache_asked,       // creator: the cache of blocks has answered
    mapped,            // creator: the new block's memory is there
    guarded,           // creator: and its guard page
    tls_ready,         // creator: record and TLS are laid out, or renewed
    record_filled,     // creator
    signals_blocked,   // creator
    clone_returned,    // creator
    first_instruction, // thread: its first one in C++
    set_up,            // thread: what pthread_create's child does before user code
    signals_open,      // thread: user code is next
    user_code_left,    // thread
    leaving,           // thread: exit(2) is next
    end_seen,          // joiner: it runs again and has read thread_gone
    count_
};

#if defined(WEFT_LAB_STAMPS)
void stamp(moment which) noexcept; // bench/lab/split/stamped_thread.cpp
#else
inline void stamp(moment) noexcept {}
#endif

} // namespace weft::kernel
