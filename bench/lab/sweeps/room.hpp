// SPDX-License-Identifier: MIT
// How far a sweep may go on this machine: what its limits leave, of which half is taken so that others can go
// on.
#pragma once
#include <cstddef>
#include <string>

namespace weft::lab {

struct room {
    std::size_t most = 0;
    std::string why; // what bounds it, with its value: "kernel.pid_max is 32768 ..."
};

/// How many more threads may live, at most `wanted`. Looks at RLIMIT_NPROC, threads-max, pid_max, pids.max of
/// the cgroup and those above it, vm.max_map_count and the memory.
[[nodiscard]] room room_for_threads(std::size_t wanted, std::size_t mappings_each);

/// How many bytes may be made resident, at most `wanted`: a quarter of what is available.
[[nodiscard]] room room_for_memory(std::size_t wanted);

} // namespace weft::lab
