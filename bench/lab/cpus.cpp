// SPDX-License-Identifier: MIT
#include "lab/cpus.hpp"
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <sched.h>
#include <system_error>

namespace weft::lab {

std::vector<unsigned> allowed_cpus() {
    // The kernel refuses a mask that is too small for the machine; grow it until it fits.
    for (std::size_t limit = CPU_SETSIZE; limit <= 1 << 20; limit *= 2) {
        cpu_set_t* mask = CPU_ALLOC(limit);
        if (!mask) {
            break;
        }
        const std::size_t bytes = CPU_ALLOC_SIZE(limit);
        CPU_ZERO_S(bytes, mask);
        const int answer = sched_getaffinity(0, bytes, mask);
        std::vector<unsigned> cpus;
        for (std::size_t cpu = 0; answer == 0 && cpu < limit; ++cpu) {
            if (CPU_ISSET_S(cpu, bytes, mask)) {
                cpus.push_back(static_cast<unsigned>(cpu));
            }
        }
        CPU_FREE(mask);
        if (answer == 0) {
            return cpus;
        }
    }
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
}

int pin_here(unsigned cpu) {
    return allow_here({cpu});
}

int allow_here(const std::vector<unsigned>& cpus) {
    std::size_t limit = CPU_SETSIZE;
    for (const unsigned cpu : cpus) {
        limit = std::max<std::size_t>(limit, cpu + 1);
    }
    cpu_set_t* mask = CPU_ALLOC(limit);
    if (!mask) {
        return ENOMEM;
    }
    const std::size_t bytes = CPU_ALLOC_SIZE(limit);
    CPU_ZERO_S(bytes, mask);
    for (const unsigned cpu : cpus) {
        CPU_SET_S(cpu, bytes, mask);
    }
    const int error = sched_setaffinity(0, bytes, mask) == 0 ? 0 : errno;
    CPU_FREE(mask);
    return error;
}

} // namespace weft::lab
