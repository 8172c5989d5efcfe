// SPDX-License-Identifier: MIT
// make_point, switch_to and leave_to of a sanitizer build: the backend's, with the calls of sanitizer.hpp around them.
// Included by switch.hpp alone.
#pragma once
#include "context/sanitizer.hpp"
#include <new>

namespace weft::context {

/// The top of a stack that has not run yet.
struct watched_start {
    watched_point here;
    entry_function entry = nullptr;
    void* argument = nullptr;
};

inline void enter_watched(void* start_record) noexcept {
    auto& start = *static_cast<watched_start*>(start_record);
    confirm_switch(start.here);
    start.entry(start.argument);
}

[[nodiscard]] inline point make_point(void* stack_top, std::size_t stack_size, entry_function entry, void* argument) noexcept {
    auto* const bottom = static_cast<unsigned char*>(stack_top) - stack_size;
    forget_stack_poison(bottom, stack_size);
    constexpr std::size_t room = (sizeof(watched_start) + 15) / 16 * 16;
    auto* const start = ::new (static_cast<void*>(static_cast<unsigned char*>(stack_top) - room)) watched_start;
    start->here.bottom = bottom;
    start->here.size = stack_size;
    start->entry = entry;
    start->argument = argument;
#if defined(WEFT_THREAD_SANITIZER)
    start->here.fiber = take_fiber();
#endif
    start->here.machine = machine::make_point(start, stack_size - room, &enter_watched, start);
    return &start->here;
}

inline void switch_to(point* save, point target) noexcept {
    auto& to = *static_cast<watched_point*>(target);
    watched_point here;
    *save = &here;
    const point there = to.machine;
    announce_switch(&here, to);
    machine::switch_to(&here.machine, there);
    confirm_switch(here);
}

[[noreturn]] inline void leave_to(point target) noexcept {
    auto& to = *static_cast<watched_point*>(target);
    const point there = to.machine;
    announce_switch(nullptr, to);
    machine::leave_to(there);
}

} // namespace weft::context
