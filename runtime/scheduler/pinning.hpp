// SPDX-License-Identifier: MIT
// runtime_options::pin_workers: which CPU worker i belongs on.
#pragma once

namespace weft::scheduler {

/// Binds the calling kernel thread to the n-th CPU (round robin) of the mask that the process had when first asked. A refusal
/// is ignored: pinning is a wish.
void pin_to_nth_cpu(unsigned n) noexcept;

} // namespace weft::scheduler
