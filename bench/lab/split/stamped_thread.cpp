// SPDX-License-Identifier: MIT
// Compiled with the stamped kernel floor: `kernel` is its namespace here (see CMakeLists.txt).
#include "lab/split/stamped_thread.hpp"
#include "kernel/clock.hpp"
#include "kernel/stamps.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include "kernel/thread_block.hpp"
#include <system_error>

namespace weft::kernel {

namespace {
/// Of the one life that is being looked at. Creator, thread and joiner write different ones; the join
/// publishes the thread's.
constinit std::uint64_t times[static_cast<unsigned>(moment::count_)] = {};
} // namespace

void stamp(moment which) noexcept {
    times[static_cast<unsigned>(which)] = monotonic_ns();
}

} // namespace weft::kernel

namespace weft::lab {

namespace {

std::uint64_t time_of(kernel::moment which) noexcept {
    return kernel::times[static_cast<unsigned>(which)];
}

void work(void* c) {
    perform(*static_cast<cell*>(c));
}

} // namespace

life live_stamped(cell& c, std::size_t stack_size, bool cold, joiner how) {
    if (cold) {
        kernel::trim_thread_cache();
    }
    for (std::uint64_t& t : kernel::times) {
        t = 0;
    }
    kernel::thread_options options;
    options.stack_size = stack_size;
    life l;
    l.began = kernel::monotonic_ns();
    auto started = kernel::start_thread(&work, &c, options);
    l.started = kernel::monotonic_ns();
    if (!started) {
        throw std::system_error(started.why().error, std::generic_category(), started.why().call);
    }
    if (how == joiner::spins) {
        while (!kernel::has_ended(started.value())) {
            kernel::cpu_pause();
        }
    }
    kernel::join_thread(started.value());
    l.handed_back = kernel::monotonic_ns();
    if (cold) {
        kernel::trim_thread_cache();
        l.unmapped = kernel::monotonic_ns();
    }
    using kernel::moment;
    l.cache_asked = time_of(moment::cache_asked);
    l.mapped = time_of(moment::mapped);
    l.guarded = time_of(moment::guarded);
    l.tls_ready = time_of(moment::tls_ready);
    l.record_filled = time_of(moment::record_filled);
    l.signals_blocked = time_of(moment::signals_blocked);
    l.clone_returned = time_of(moment::clone_returned);
    l.first_instruction = time_of(moment::first_instruction);
    l.set_up = time_of(moment::set_up);
    l.signals_open = time_of(moment::signals_open);
    l.user_code_left = time_of(moment::user_code_left);
    l.leaving = time_of(moment::leaving);
    l.end_seen = time_of(moment::end_seen);
    return l;
}

} // namespace weft::lab
