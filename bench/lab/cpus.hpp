// SPDX-License-Identifier: MIT
// Which CPUs the calling thread may use, and how it ties itself to one.
#pragma once
#include <vector>

namespace weft::lab {

/// The CPUs that the calling thread may run on, ascending. Throws std::system_error.
std::vector<unsigned> allowed_cpus();

/// From now on the calling thread runs on this CPU only. Returns 0 or an errno.
[[nodiscard]] int pin_here(unsigned cpu);

/// The same for several. Returns 0 or an errno.
[[nodiscard]] int allow_here(const std::vector<unsigned>& cpus);

} // namespace weft::lab
