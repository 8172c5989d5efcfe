// SPDX-License-Identifier: MIT
#include "kernel/measures.hpp"
#include <cstring>

namespace weft::kernel {

constinit std::uint32_t measures_off = 0;

namespace {
constexpr const char* measure_names[] = {
    "libc_single_threaded", "program_single_threaded", "stdio_locks", "multiple_threads", "static_tls", "tcb_words", "locale", "resolver",
    "rseq", "tid", "robust_list", "specific", "stack_list", "tls_destructors", "key_destructors", "libc_caches", "blocked_signals",
    "cancel_buffer", "stack_bounds", "exiting_bit", "setxid_handler", "thread_count", "unwind_tables"};
static_assert(sizeof measure_names / sizeof *measure_names == static_cast<std::size_t>(measure::count_));
} // namespace

const char* name_of(measure m) noexcept {
    return m < measure::count_ ? measure_names[static_cast<unsigned>(m)] : "?";
}

measure measure_named(const char* name) noexcept {
    for (unsigned i = 0; i < static_cast<unsigned>(measure::count_); ++i) {
        if (std::strcmp(measure_names[i], name) == 0) {
            return static_cast<measure>(i);
        }
    }
    return measure::count_;
}

} // namespace weft::kernel
