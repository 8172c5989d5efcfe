// SPDX-License-Identifier: MIT
#include "lab/sweeps/sweep.hpp"

namespace weft::lab {

const std::vector<sweep_entry>& sweep_roster() {
    static const std::vector<sweep_entry> all = {
        {"sweep_stack", "a thread by the size of its stack", &sweep_stack},
        {"sweep_guard", "a stack by the way its guard page is made", &sweep_guard},
        {"sweep_live", "one more thread by the number of those that live", &sweep_live},
        {"sweep_memory", "a child by the memory that its parent has resident", &sweep_memory},
        {"sweep_namespaces", "a child by the namespace that is new for it", &sweep_namespaces},
        {"sweep_cpus", "a thread on its creator's CPU and on another", &sweep_cpus},
        {"sweep_joiner", "a thread by how its joiner waits", &sweep_joiner},
    };
    return all;
}

} // namespace weft::lab
