// SPDX-License-Identifier: MIT
// runtime_options::pin_workers: which CPUs there are, and binding a kernel thread to one.
#pragma once
#include <vector>

namespace weft::scheduler {

/// The CPUs that the calling kernel thread may run on, in order. Throws std::bad_alloc.
[[nodiscard]] std::vector<unsigned> cpus_of_this_thread();

/// Binds the calling kernel thread to one CPU. A refusal is ignored: pinning is a wish.
void pin_this_thread(unsigned cpu) noexcept;

} // namespace weft::scheduler
