// SPDX-License-Identifier: MIT
// The first frame on a new stack of the Boost backend.
#if defined(WEFT_CONTEXT_BOOST)
#include "context/boost_switch.hpp"
#include "base/check.hpp"

namespace weft::context::machine {

void enter_new_stack(fc::transfer_t from) noexcept {
    const first_call call = *static_cast<first_call*>(from.data);
    write_save_slot(fc::jump_fcontext(from.fctx, nullptr)); // back to make_point; returns at the first switch_to
    call.entry(call.argument);
    base::panic("the first function of a stack returned");
}

} // namespace weft::context::machine
#endif
