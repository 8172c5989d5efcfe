// SPDX-License-Identifier: MIT
// fork_join_stress WORKERS [SEED]: trees of fork_joins at random, for WEFT_STRESS_SECONDS (60).
//
// A node forks two to four nodes, now and then inside a scope of its own or in blocking(); leaves compute, yield, sleep, take a mutex,
// meet the other half, or throw. Roots are light tasks, weft::threads and foreign threads, so that jobs are promoted by hunger, by
// suspension and at once.
//
// What is checked: each node of the tree is counted once, whoever ran it; a node throws the leftmost of its children's exceptions, which a
// second walk of the same tree without forks foretells; nothing hangs (the watchdog). Prints its seed and takes one.
#include "support/program.hpp"
#include "support/random_source.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using support::random_source;

std::atomic<unsigned long> trees{0}, forked{0}, thrown{0};

/// What a subtree comes to: how many nodes, and the number of the leaf whose exception leaves it (0: none).
struct total {
    unsigned long nodes = 0;
    std::uint64_t error = 0;
};

struct failure {
    std::uint64_t number;
};

struct shared {
    std::atomic<unsigned long> nodes{0};
    weft::mutex lock;
    unsigned long locked = 0; // guarded by lock
};

void leaf(random_source& random, shared& all, bool runs) {
    const unsigned what = random.below(40);
    const auto number = random() | 1;
    if (runs) {
        if (what == 0) {
            weft::sleep_for(std::chrono::microseconds(number % 50));
        } else if (what < 4) {
            weft::yield();
        } else if (what < 8) {
            std::lock_guard hold(all.lock);
            ++all.locked;
            if (what == 7) {
                weft::yield();
            }
        } else if (what == 8) {
            weft::binary_semaphore a(0), b(0);
            weft::fork_join(
                [&] {
                    a.acquire();
                    b.release();
                },
                [&] {
                    a.release();
                    b.acquire();
                });
        } else if (what == 9) {
            weft::blocking([] { std::this_thread::yield(); });
        }
    }
    if (what == 10) {
        throw failure{number};
    }
}

/// Walks the tree that the seed names; with forks when `runs`.
void node(std::uint64_t seed, unsigned depth, shared& all, bool runs) {
    random_source random(seed);
    ++all.nodes;
    if (depth == 0 || random.one_in(8)) {
        leaf(random, all, runs);
        return;
    }
    const unsigned how = random.below(30);
    const unsigned children = 2 + random.below(3);
    std::uint64_t seeds[4] = {random(), random(), random(), random()};
    const auto child = [&](unsigned i) { node(seeds[i], depth - 1, all, runs); };
    if (!runs) {
        std::uint64_t first = 0;
        for (unsigned i = 0; i < children; ++i) {
            try {
                child(i);
            } catch (const failure& f) {
                first = first ? first : f.number;
            }
        }
        if (first) {
            throw failure{first};
        }
        return;
    }
    const auto fork = [&] {
        forked += children - 1;
        if (children == 2) {
            weft::fork_join([&] { child(0); }, [&] { child(1); });
        } else if (children == 3) {
            const auto three = weft::fork_join([&] { child(0); }, [&] { return (child(1), seeds[1]); }, [&] { child(2); });
            REQUIRE(std::get<1>(three) == seeds[1]);
        } else {
            weft::fork_join([&] { child(0); }, [&] { child(1); }, [&] { child(2); }, [&] { child(3); });
        }
    };
    if (how == 0) {
        weft::blocking(fork);
    } else if (how < 3) {
        std::atomic<bool> beside{false}; // outlives the scope, and with it the child
        try {
            weft::with_scope([&](weft::scope& s) {
                s.spawn([&] { beside = true; });
                fork();
            });
        } catch (...) {
            REQUIRE(beside);
            throw;
        }
        REQUIRE(beside);
    } else {
        fork();
    }
}

total walk(std::uint64_t seed, unsigned depth, bool runs) {
    shared all;
    std::uint64_t error = 0;
    try {
        node(seed, depth, all, runs);
    } catch (const failure& f) {
        error = f.number;
    }
    return {all.nodes, error};
}

void live(unsigned workers, random_source& random, steady::time_point end) {
    weft::runtime rt({.workers = workers});
    const auto drive = [end](std::uint64_t seed) {
        random_source mine(seed);
        while (steady::now() < end) {
            const auto tree = mine();
            const unsigned depth = 1 + mine.below(6);
            const total want = walk(tree, depth, false);
            const total got = walk(tree, depth, true);
            REQUIRE(got.nodes == want.nodes);
            REQUIRE(got.error == want.error);
            ++trees;
            thrown += got.error != 0;
        }
    };
    std::thread outside([&, seed = random()] { drive(seed); });
    std::vector<weft::join_handle<void>> tasks;
    for (unsigned i = 1 + random.below(workers); i > 0; --i) {
        tasks.push_back(rt.spawn([&, seed = random()] { drive(seed); }));
    }
    auto thread = rt.spawn([&, seed = random()] { weft::thread(drive, seed).join(); });
    outside.join();
    for (auto& t : tasks) {
        t.join();
    }
    thread.join();
}

} // namespace

int main(int argc, char** argv) {
    const unsigned workers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2;
    const auto seed = support::seed_of(argc - 1, argv + 1);
    const double seconds = support::stress_seconds(60);
    test::watchdog guard(static_cast<unsigned>(seconds) + 60, "fork_join_stress");
    random_source random(seed);
    const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
    int epochs = 0;
    while (steady::now() < end) {
        live(workers, random, std::min(end, steady::now() + std::chrono::milliseconds(50 + random.below(500))));
        ++epochs;
    }
    support::say("%u workers, %d epochs, %lu trees, %lu forks, %lu threw\n", workers, epochs, trees.load(), forked.load(), thrown.load());
    REQUIRE(trees > 0 && forked > 0 && thrown > 0);
    return 0;
}
