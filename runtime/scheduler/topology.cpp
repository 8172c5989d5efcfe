// SPDX-License-Identifier: MIT
#include "scheduler/topology.hpp"
#include "kernel/text_file.hpp"
#include <charconv>
#include <cstdint>
#include <string_view>

namespace weft::scheduler {

namespace {

using kernel::path_text;
using kernel::text_file;

constexpr unsigned most_cpus = 8192;  // the largest NR_CPUS that x86-64 and aarch64 kernels take
constexpr unsigned most_nodes = 1024; // the largest MAX_NUMNODES
constexpr unsigned most_caches = 16;  // folders index0 ...; machines have 4 or 5

class decimal {
  public:
    explicit decimal(unsigned number) noexcept
        : size_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, number).ptr - text_)) {}
    [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

  private:
    char text_[16];
    std::size_t size_;
};

/// Calls visit(first, last) for each range of "0-3,8,10-11". False when it is not such a list, or an empty one.
template <class Visit>
bool for_ranges(std::string_view list, unsigned below, Visit visit) {
    if (list.empty()) {
        return false;
    }
    while (!list.empty()) {
        std::string_view range = kernel::take_field(list, ',');
        std::uint64_t first = 0;
        if (!kernel::parse_number(kernel::take_field(range, '-'), first)) {
            return false;
        }
        std::uint64_t last = first;
        if ((!range.empty() && !kernel::parse_number(range, last)) || last < first || last >= below) {
            return false;
        }
        visit(static_cast<unsigned>(first), static_cast<unsigned>(last));
    }
    return true;
}

/// The first CPU of the list in a file; false when the file does not say so, or does not list `cpu`.
bool first_of_list(const char* path, unsigned cpu, unsigned& first) {
    text_file file(path);
    std::string_view line;
    if (!file.next_line(line)) {
        return false;
    }
    unsigned least = most_cpus;
    bool listed = false;
    const bool good = for_ranges(line, most_cpus, [&](unsigned from, unsigned to) {
        least = from < least ? from : least;
        listed = listed || (from <= cpu && cpu <= to);
    });
    if (!good || !listed) {
        return false;
    }
    first = least;
    return true;
}

void read_core(const path_text& folder, cpu_place& p) {
    // The second name is that of kernels before 5.0.
    for (const char* file : {"/topology/core_cpus_list", "/topology/thread_siblings_list"}) {
        if (first_of_list(path_text(folder.view(), file).c_str(), p.cpu, p.core)) {
            return;
        }
    }
}

/// A cache that is not told is as wide as what lies inside it.
void read_caches(const path_text& folder, cpu_place& p) {
    bool l2 = false;
    bool l3 = false;
    for (unsigned i = 0; i < most_caches; ++i) {
        path_text cache(folder.view(), "/cache/index");
        cache.add(decimal(i).view());
        std::uint64_t level = 0;
        if (!kernel::read_number(path_text(cache.view(), "/level").c_str(), level)) {
            break; // no more caches, or one that we do not understand
        }
        const path_text list(cache.view(), "/shared_cpu_list");
        if (level == 2) {
            l2 = first_of_list(list.c_str(), p.cpu, p.l2) || l2;
        } else if (level == 3) {
            l3 = first_of_list(list.c_str(), p.cpu, p.l3) || l3;
        }
    }
    p.l2 = l2 ? p.l2 : p.core;
    p.l3 = l3 ? p.l3 : p.l2;
}

/// The numbers of the nodes that are online; false when the kernel does not tell.
bool online_nodes(const char* root, std::vector<unsigned>& nodes) {
    text_file file(path_text(root, "/sys/devices/system/node/online").c_str());
    std::string_view line;
    return file.next_line(line) && for_ranges(line, most_nodes, [&](unsigned first, unsigned last) {
               for (unsigned n = first; n <= last; ++n) {
                   nodes.push_back(n);
               }
           });
}

/// A machine without the node folders (a kernel without NUMA) has its packages for nodes: sockets are far from each other all the same.
void nodes_by_package(std::span<cpu_place> places, const char* root) {
    for (cpu_place& p : places) {
        path_text file(root, "/sys/devices/system/cpu/cpu");
        file.add(decimal(p.cpu).view()).add("/topology/physical_package_id");
        std::uint64_t package = 0; // may be -1, which is no number to us
        p.node = kernel::read_number(file.c_str(), package) && package < most_cpus ? static_cast<unsigned>(package) : 0;
    }
}

} // namespace

const char* name_of(distance d) noexcept {
    switch (d) {
    case distance::same_core:
        return "same core";
    case distance::same_l2:
        return "same L2 cache";
    case distance::same_l3:
        return "same L3 cache";
    case distance::same_node:
        return "same node";
    case distance::other_node:
        return "other node";
    }
    return "?";
}

distance between(const cpu_place& a, const cpu_place& b) noexcept {
    if (a.node != b.node) {
        return distance::other_node;
    }
    if (a.l3 != b.l3) {
        return distance::same_node;
    }
    if (a.l2 != b.l2) {
        return distance::same_l3;
    }
    return a.core != b.core ? distance::same_l2 : distance::same_core;
}

namespace {

/// By CPU; empty with one node.
std::vector<unsigned> cpus_of_nodes(const char* root, const std::vector<unsigned>& nodes) {
    std::vector<unsigned> node_of_cpu;
    if (nodes.size() < 2) {
        return node_of_cpu;
    }
    for (const unsigned n : nodes) {
        path_text path(root, "/sys/devices/system/node/node");
        path.add(decimal(n).view()).add("/cpulist");
        text_file file(path.c_str());
        std::string_view line;
        if (!file.next_line(line)) {
            continue; // a node of memory alone has an empty list
        }
        (void)for_ranges(line, most_cpus, [&](unsigned first, unsigned last) {
            if (node_of_cpu.size() <= last) {
                node_of_cpu.resize(last + 1, nodes.front());
            }
            for (unsigned cpu = first; cpu <= last; ++cpu) {
                node_of_cpu[cpu] = n;
            }
        });
    }
    return node_of_cpu;
}

} // namespace

std::vector<unsigned> read_nodes(const char* root) {
    std::vector<unsigned> nodes;
    return online_nodes(root, nodes) ? cpus_of_nodes(root, nodes) : std::vector<unsigned>();
}

std::vector<cpu_place> read_topology(std::span<const unsigned> cpus, const char* root) {
    std::vector<cpu_place> places;
    places.reserve(cpus.size());
    for (const unsigned cpu : cpus) {
        cpu_place p{cpu, cpu, cpu, cpu, 0};
        path_text folder(root, "/sys/devices/system/cpu/cpu");
        folder.add(decimal(cpu).view());
        read_core(folder, p);
        read_caches(folder, p);
        places.push_back(p);
    }
    std::vector<unsigned> nodes;
    if (!online_nodes(root, nodes)) {
        nodes_by_package(places, root);
        return places;
    }
    const std::vector<unsigned> node_of_cpu = cpus_of_nodes(root, nodes);
    for (cpu_place& p : places) {
        p.node = p.cpu < node_of_cpu.size() ? node_of_cpu[p.cpu] : nodes.front();
    }
    return places;
}

} // namespace weft::scheduler
