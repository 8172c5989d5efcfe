// SPDX-License-Identifier: MIT
#include "scheduler/victims.hpp"
#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace weft::scheduler {

namespace {

/// between() compares a prefix of it, so those that are near each other stand side by side.
auto sort_key(const cpu_place& p) noexcept {
    return std::tuple(p.node, p.l3, p.l2, p.core);
}

} // namespace

victims::victims(unsigned workers) : workers_(workers) {}

victims::victims(std::span<const cpu_place> places) : workers_(static_cast<unsigned>(places.size())) {
    sorted_.resize(workers_);
    std::iota(sorted_.begin(), sorted_.end(), 0u);
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [&](unsigned a, unsigned b) { return sort_key(places[a]) < sort_key(places[b]); });
    nests_.resize(workers_);
    for (unsigned at = 0; at < workers_; ++at) {
        nest& n = nests_[sorted_[at]];
        n.self = {at, at + 1};
        range r = n.self;
        for (unsigned d = 0; d < distances; ++d) {
            const auto inside = [&](unsigned i) { return between(places[sorted_[at]], places[sorted_[i]]) <= static_cast<distance>(d); };
            while (r.begin > 0 && inside(r.begin - 1)) {
                --r.begin;
            }
            while (r.end < workers_ && inside(r.end)) {
                ++r.end;
            }
            n.within[d] = r;
        }
    }
}

victims::victims(unsigned workers, std::vector<unsigned> node_of_cpu)
    : workers_(workers), node_of_cpu_(std::move(node_of_cpu)), node_of_worker_(node_of_cpu_.empty() ? 0 : workers) {}

victims victims::of_machine(unsigned workers, std::span<const unsigned> cpus, const char* root) {
    if (workers <= 2) {
        return victims(workers); // one other at most: no order to choose
    }
    if (cpus.empty()) {
        return {workers, read_nodes(root)}; // no nodes: one group
    }
    const std::vector<cpu_place> of_cpu = read_topology(cpus, root);
    std::vector<cpu_place> places;
    places.reserve(workers);
    for (unsigned i = 0; i < workers; ++i) {
        places.push_back(of_cpu[i % of_cpu.size()]);
    }
    return victims(places);
}

std::array<std::vector<unsigned>, distances> victims::groups_of(unsigned self) const {
    std::array<std::vector<unsigned>, distances> groups;
    const auto of = [&](distance d) -> std::vector<unsigned>& { return groups[static_cast<unsigned>(d)]; };
    if (!nests_.empty()) {
        range inner = nests_[self].self;
        for (unsigned d = 0; d < distances; ++d) {
            const range outer = nests_[self].within[d];
            for (unsigned i = outer.begin; i < outer.end; ++i) {
                if (i < inner.begin || i >= inner.end) {
                    groups[d].push_back(sorted_[i]);
                }
            }
            inner = outer;
        }
        return groups;
    }
    for (unsigned i = 0; i < workers_; ++i) {
        if (i != self) {
            of(roams() && node_of(i) != node_of(self) ? distance::other_node : distance::same_node).push_back(i);
        }
    }
    return groups;
}

} // namespace weft::scheduler
