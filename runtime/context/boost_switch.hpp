// SPDX-License-Identifier: MIT
// The switch on Boost.Context's fcontext (its detail interface: no allocation, no exceptions, one jump).
//
// jump_fcontext hands the point that was left to the context that is reached; ours keeps it with the context that was left. So the
// address of the save slot travels as the jump's data, and whoever arrives writes it: before anything else runs (I2).
// Reference: Boost.Context 1.74, "Rationale" and detail/fcontext.hpp.
#pragma once
#include "context/point.hpp"
#include <boost/context/detail/fcontext.hpp>

namespace weft::context::machine {

namespace fc = boost::context::detail;

inline void write_save_slot(fc::transfer_t from) noexcept {
    if (from.data) {
        *static_cast<point*>(from.data) = from.fctx;
    }
}

/// What a new stack is to call.
struct first_call {
    entry_function entry;
    void* argument;
};

/// The first frame of every stack, in boost_switch.cpp: takes a copy of the first_call, jumps back, and calls it when the stack
/// is switched to.
void enter_new_stack(fc::transfer_t from) noexcept;

inline point make_point(void* stack_top, std::size_t stack_size, entry_function entry, void* argument) noexcept {
    // The data of a jump is the save slot, so entry and argument go over with a jump of their own, here and back (about 15 ns, once a
    // stack).
    first_call call{entry, argument};
    return fc::jump_fcontext(fc::make_fcontext(stack_top, stack_size, &enter_new_stack), &call).fctx;
}

inline void switch_to(point* save, point target) noexcept {
    asm volatile("" ::: "memory");
    write_save_slot(fc::jump_fcontext(target, save));
    asm volatile("" ::: "memory");
}

[[noreturn]] inline void leave_to(point target) noexcept {
    fc::jump_fcontext(target, nullptr);
    __builtin_unreachable();
}

} // namespace weft::context::machine
