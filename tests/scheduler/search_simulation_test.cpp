// SPDX-License-Identifier: MIT
// What grows with cores, counted on machines that are not here: 4 to 128 workers, one a hardware thread, on a fake sysfs; the real order of
// victims (victims.hpp) against one group. It prints the tables of docs/scaling.md and checks what they are there to show.
//
// Counted: probes (looks at one victim) until work is found, their price in units of a line from the same core, and how many finds lie on
// another node. The prices are round figures for today's servers (core 1, L2 2, L3 4, same node 10, other node 20), an assumption: what
// counts is their order. The wake chain is counted in wake-ups one after another. Everything is drawn from a fixed seed.
#include "scheduler/victims.hpp"
#include "fake_sysfs.hpp"
#include "support/program.hpp"
#include "support/random_source.hpp"
#include <array>
#include <cstdio>
#include <vector>

namespace {

using namespace weft::scheduler;
using test::machine;

constexpr unsigned rounds = 64; // runtime_core::search_rounds with a CPU for each worker
constexpr std::array<double, distances> price{1, 2, 4, 10, 20};

struct size {
    machine m;
    const char* what;
};
constexpr size sizes[] = {
    {{1, 1, 2, 2}, "1 socket, 2 cores"},        {{1, 1, 4, 2}, "1 socket, 4 cores"},         {{2, 1, 4, 2}, "2 sockets of 4 cores"},
    {{2, 2, 4, 2}, "2 sockets of 2 x 4 cores"}, {{2, 4, 4, 2}, "2 sockets of 4 x 4 cores"}, {{2, 4, 8, 2}, "2 sockets of 4 x 8 cores"},
};

struct outcome {
    double probes = 0;
    double cost = 0;
    double far = 0;  // share of finds on another node
    unsigned most = 0;
};

/// Many searches, each by a worker without work while `busy` others, drawn anew, have some.
outcome search(const victims& order, const std::vector<cpu_place>& places, unsigned busy, unsigned seed) {
    constexpr unsigned searches = 20'000;
    const auto n = static_cast<unsigned>(places.size());
    support::random_source random(seed);
    outcome sum;
    for (unsigned s = 0; s < searches; ++s) {
        const unsigned self = random.below(n);
        std::vector<bool> has_work(n);
        for (unsigned left = busy; left != 0;) {
            const unsigned w = random.below(n);
            if (w != self && !has_work[w]) {
                has_work[w] = true;
                --left;
            }
        }
        unsigned probes = 0;
        bool found = false;
        for (unsigned round = 0; round < rounds && !found; ++round) {
            found = order.visit(
                self, round, round + 1 == rounds, [&] { return static_cast<std::uint32_t>(random()); },
                [&](unsigned i) {
                    ++probes;
                    const distance d = between(places[self], places[i]);
                    sum.cost += price[static_cast<unsigned>(d)];
                    sum.far += has_work[i] && d == distance::other_node;
                    return static_cast<bool>(has_work[i]);
                });
        }
        REQUIRE(found);
        sum.probes += probes;
        sum.most = probes > sum.most ? probes : sum.most;
    }
    sum.probes /= searches;
    sum.cost /= searches;
    sum.far /= searches;
    return sum;
}

/// One worker spawns much; every other is parked. Each woken one steals and wakes the next. How many wake-ups one after another until
/// all work, and the probes of all of them.
struct chain {
    unsigned wakes = 0;
    double probes = 0;
};
chain wake(const victims& order, unsigned n, unsigned seed) {
    support::random_source random(seed);
    std::vector<bool> has_work(n);
    has_work[0] = true;
    chain c;
    for (unsigned next = n - 1; next != 0; --next) { // the idle list: the last parked first
        ++c.wakes;
        bool found = false;
        for (unsigned round = 0; round < rounds && !found; ++round) {
            found = order.visit(
                next, round, round + 1 == rounds, [&] { return static_cast<std::uint32_t>(random()); },
                [&](unsigned i) {
                    ++c.probes;
                    return static_cast<bool>(has_work[i]);
                });
        }
        REQUIRE(found);
        has_work[next] = true; // a thief that finds many takes some more (worker::steal_from)
    }
    c.probes /= n - 1;
    return c;
}

} // namespace

int main() {
    support::time_limit(100);
    std::printf("workers | busy | one group: probes, price, far %% | by distance: probes, price, far %%, most\n");
    for (const size& s : sizes) {
        test::fake_sysfs tree;
        s.m.write_to(tree);
        const unsigned n = s.m.cpus();
        const auto places = read_topology(s.m.all(), tree.root());
        const victims grouped = victims::of_machine(n, s.m.all(), tree.root());
        const victims flat(n);
        for (const unsigned busy : {1u, n / 4, n / 2}) {
            const outcome a = search(flat, places, busy, 11);
            const outcome b = search(grouped, places, busy, 12);
            std::printf("%7u | %4u | %5.1f %6.0f %4.0f | %5.1f %6.0f %4.0f %4u   %s\n", n, busy, a.probes, a.cost, 100 * a.far, b.probes,
                        b.cost, 100 * b.far, b.most, s.what);
            // A find costs at most a period of rounds; and where there is a choice, the near one is taken.
            REQUIRE(b.most <= victims::period(distance::other_node) * (n - 1));
            if (busy > 1 && s.m.sockets > 1) {
                REQUIRE(b.cost < a.cost);
                REQUIRE(b.far < a.far / 2);
            }
        }
    }
    std::printf("\nworkers | wake-ups in a row | probes a woken worker: one group, by distance\n");
    for (const size& s : sizes) {
        test::fake_sysfs tree;
        s.m.write_to(tree);
        const unsigned n = s.m.cpus();
        const chain a = wake(victims(n), n, 21);
        const chain b = wake(victims::of_machine(n, s.m.all(), tree.root()), n, 22);
        std::printf("%7u | %17u | %5.1f %5.1f\n", n, b.wakes, a.probes, b.probes);
        REQUIRE(a.wakes == n - 1 && b.wakes == n - 1); // the chain has one link a worker
    }
    return 0;
}
