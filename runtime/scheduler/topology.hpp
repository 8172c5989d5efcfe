// SPDX-License-Identifier: MIT
// Where CPUs lie: which share a core, a cache, a memory node. Read from sysfs.
//
// A domain (a core, a cache, a node) is called by its first CPU, as the kernel's list of its CPUs says; so two CPUs are in one
// domain when the numbers are equal, whatever CPUs of it we may use or are offline.
// The kernel's own numbers (core_id, physical_package_id) are not unique on all machines: they only stand in where the lists are missing.
//
// What is missing, cannot be read or contradicts itself (a list without the CPU whose list it is) says nothing: such a CPU shares no
// core and no cache but with those whose list begins with it, and one that is in no node's list lies in the first node. A cache that
// is not told is as wide as what lies inside it; virtual machines often show none. A topology is a hint for the order of a search,
// so nothing here is an error.
// References: Linux Documentation/ABI/stable/sysfs-devices-system-cpu, Documentation/ABI/stable/sysfs-devices-node,
// Documentation/admin-guide/cputopology.rst.
#pragma once
#include <span>
#include <vector>

namespace weft::scheduler {

/// How far apart two CPUs are, nearest first.
enum class distance { same_core, same_l2, same_l3, same_node, other_node };
inline constexpr unsigned distances = 5;
[[nodiscard]] const char* name_of(distance d) noexcept;

/// One CPU. Domains are called by their first CPU; a node by its number.
struct cpu_place {
    unsigned cpu = 0;
    unsigned core = 0;
    unsigned l2 = 0;
    unsigned l3 = 0;
    unsigned node = 0;
};

/// Nodes count most, then caches: an L3 that spans two nodes (sub-NUMA clusters) counts as one in each.
[[nodiscard]] distance between(const cpu_place& a, const cpu_place& b) noexcept;

/// The places of these CPUs, in their order. `root` stands before every path (tests build a tree). Throws std::bad_alloc.
[[nodiscard]] std::vector<cpu_place> read_topology(std::span<const unsigned> cpus, const char* root = "");

/// The node of each CPU by its number, as far as the highest that a node lists; empty when there is one node, or nothing is known: one
/// small file tells that. Throws std::bad_alloc.
[[nodiscard]] std::vector<unsigned> read_nodes(const char* root = "");

} // namespace weft::scheduler
