// SPDX-License-Identifier: MIT
// In which order a worker without work looks at the others: the near ones first and most often.
//
// What a look costs is the distance of the victim's cache lines, and what a stolen task brings along lies there too. Three cases:
//
//   one group     Any order will do: all begin at a random worker and go round. Every machine with one node whose workers are not pinned
//                 to CPUs, and every runtime of one or two workers, which then does not even ask for the topology.
//   places        Workers are pinned, so that each has a place for life: groups by distance (topology.hpp).
//   nodes         Workers are not pinned and there are several nodes: two groups, the node where a worker was last seen and the rest. The
//                 kernel moves threads between caches within milliseconds, so finer groups would be stale before they are used; it is
//                 reluctant to move them between nodes, where their memory stays behind.
//
//   places: workers sorted by node, L3, L2 and core, so that each domain is a range, and the ranges around a worker nest. A group is a
//   range without the next smaller one:
//
//      other node    L3       L2 self      L3          node
//     [ a  b  c  d |[ e  f |[ g [h] i ]| j  k ]| l  m  n  o ]
//
// Far groups are skipped in most rounds of a search, never in its last. What makes sure that no task is missed is not this order
// at all, but the look at every queue that follows the place on the idle list (idle.hpp, W3).
//
// I1  In the last round every other worker is visited, and in no round one of them twice or the worker itself. (In the case of nodes a
//     worker that is seen elsewhere during a round may be visited twice or not at all.)
// Reference: A. Drebes, A. Pop, K. Heydemann, A. Cohen, N. Drach, "Scalable task parallelism for NUMA", PACT 2016
// (compares with stealing from nearer victims first).
#pragma once
#include "scheduler/topology.hpp"
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::scheduler {

class victims {
  public:
    /// One group. Throws std::bad_alloc, as the others do.
    explicit victims(unsigned workers);
    /// Groups by distance: places[i] is worker i's.
    explicit victims(std::span<const cpu_place> places);
    /// Groups by node: node_of_cpu is read_nodes'.
    victims(unsigned workers, std::vector<unsigned> node_of_cpu);

    /// What fits a runtime whose workers are pinned round robin to `cpus`, or are not when that is empty. `root` as in read_topology.
    [[nodiscard]] static victims of_machine(unsigned workers, std::span<const unsigned> cpus, const char* root);

    /// Every how many rounds a group is visited, when it is not the worker's nearest.
    [[nodiscard]] static constexpr unsigned period(distance d) noexcept {
        return d == distance::other_node ? 4 : d == distance::same_node ? 2 : 1;
    }

    /// Whether a worker must say where it is before it searches: only where groups are nodes.
    [[nodiscard]] bool roams() const noexcept { return !node_of_cpu_.empty(); }
    /// Worker `self` runs on this CPU now; a negative one is not known. By the owner of the worker.
    void seen_on(unsigned self, int cpu) noexcept {
        if (cpu >= 0 && static_cast<std::size_t>(cpu) < node_of_cpu_.size()) {
            const auto node = static_cast<std::uint16_t>(node_of_cpu_[static_cast<std::size_t>(cpu)]);
            // mo: relaxed, both: a hint; written only when it changes, so that thieves can keep the line.
            if (node_of_worker_[self].load(std::memory_order_relaxed) != node) {
                node_of_worker_[self].store(node, std::memory_order_relaxed); // mo: relaxed, see above
            }
        }
    }

    /// One round of self's search: calls probe(index) for the victims whose turn it is until it answers something that is true, and
    /// returns that. random() gives where a group is begun.
    template <class Probe, class Random>
    [[nodiscard]] auto visit(unsigned self, unsigned round, bool last, Random random, Probe probe) const -> decltype(probe(0u)) {
        if (roams()) [[unlikely]] {
            return visit_nodes(self, round, last, random, probe);
        }
        const nest* const around = nests_.empty() ? nullptr : &nests_[self];
        range inner = around ? around->self : range{self, self + 1};
        if (!around) {
            return visit_ring({0, workers_}, inner, random, [&](unsigned i) { return probe(i); });
        }
        bool nearest = true;
        for (unsigned d = 0; d < distances; ++d) {
            const range outer = around->within[d];
            if (outer.size() == inner.size()) {
                continue;
            }
            if (last || nearest || is_due(round, static_cast<distance>(d))) {
                if (auto found = visit_ring(outer, inner, random, [&](unsigned i) { return probe(sorted_[i]); })) {
                    return found;
                }
            }
            nearest = false;
            inner = outer;
        }
        return {};
    }

    /// Self's groups, nearest first, empty ones too; for reports and tests. Where groups are nodes: as they are just now.
    [[nodiscard]] std::array<std::vector<unsigned>, distances> groups_of(unsigned self) const;

  private:
    struct range {
        unsigned begin, end;
        [[nodiscard]] unsigned size() const noexcept { return end - begin; }
    };
    struct nest {
        range self;
        std::array<range, distances> within;
    };

    /// The rounds in the middle of a period, so that no far group is visited before the near ones have been twice.
    [[nodiscard]] static bool is_due(unsigned round, distance d) noexcept { return round % period(d) == period(d) - 1; }

    /// The positions of outer that are not in inner, from a random one on.
    template <class Random, class Probe>
    [[nodiscard]] static auto visit_ring(range outer, range inner, Random& random, Probe probe) -> decltype(probe(0u)) {
        const unsigned gap = inner.size();
        const unsigned n = outer.size() - gap;
        if (n != 0) {
            unsigned at = random() % n;
            for (unsigned left = n; left != 0; --left) {
                const unsigned position = outer.begin + at;
                if (auto found = probe(position < inner.begin ? position : position + gap)) {
                    return found;
                }
                at = at + 1 == n ? 0 : at + 1;
            }
        }
        return {};
    }

    template <class Random, class Probe>
    [[nodiscard]] auto visit_nodes(unsigned self, unsigned round, bool last, Random& random, Probe& probe) const
        -> decltype(probe(0u)) {
        const std::uint16_t here = node_of(self);
        const unsigned start = random() % workers_;
        bool any_here = false;
        for (const bool same : {true, false}) {
            if (!same && any_here && !last && !is_due(round, distance::other_node)) {
                break;
            }
            unsigned i = start;
            for (unsigned left = workers_; left != 0; --left, i = i + 1 == workers_ ? 0 : i + 1) {
                if (i != self && (node_of(i) == here) == same) {
                    any_here = true;
                    if (auto found = probe(i)) {
                        return found;
                    }
                }
            }
        }
        return {};
    }
    [[nodiscard]] std::uint16_t node_of(unsigned worker) const noexcept {
        // mo: relaxed: a hint.
        return node_of_worker_[worker].load(std::memory_order_relaxed);
    }

    unsigned workers_;
    std::vector<unsigned> sorted_;      // r/o after init: workers by place; empty: no places
    std::vector<nest> nests_;           // r/o after init: by worker; empty: no places
    std::vector<unsigned> node_of_cpu_; // r/o after init; empty: workers have places, or are one group
    std::vector<std::atomic<std::uint16_t>> node_of_worker_; // each by its worker; dense, so that a thief reads one line for 32 workers
};

} // namespace weft::scheduler
