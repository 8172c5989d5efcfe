// SPDX-License-Identifier: MIT
// scope_stress WORKERS [SEED]: trees of scopes at random, for WEFT_STRESS_SECONDS (60).
//
// A node makes a scope, spawns nodes into it, by itself and from its children, and leaves it by join, by an exception of its own, of a child,
// or passing by. Some scopes have deadlines, some are stopped, some leaves wait for a stop of a scope around them. Roots are tasks and
// foreign threads.
//
// What is checked: when a scope is left none of its nodes lives; each exception that was thrown is rethrown, kept among the others, or
// passed by, so their numbers agree; nothing hangs (the watchdog). Prints its seed and takes one.
#include "support/program.hpp"
#include "support/random_source.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using support::random_source;

std::atomic<unsigned long> nodes{0}, thrown{0}, caught{0}, stopped{0}, timed_out{0};

struct failure : std::runtime_error {
    failure() : std::runtime_error("as planned") { ++thrown; }
};

/// Counts who lives below one scope.
struct lives {
    std::atomic<int>& count;
    explicit lives(std::atomic<int>& c) : count(c) { ++count; }
    lives(const lives& other) : count(other.count) { ++count; }
    ~lives() {
        if (count % 3 == 0) {
            weft::yield();
        }
        --count;
    }
};

void node(std::uint64_t seed, unsigned depth);

void leaf(random_source& random, const weft::stop_token& stop) {
    switch (random.below(6)) {
    case 0:
        throw failure();
    case 1:
        weft::sleep_for(std::chrono::microseconds(random.below(100)));
        break;
    case 2:
        // Until a stop, or for a while if there is none.
        stopped += weft::select(weft::on_stop(stop), weft::on_timeout(std::chrono::microseconds(random.below(2000)))) == 0;
        break;
    case 3: {
        weft::wait_group never(1);
        weft::stop_callback end(stop, [&] { never.done(); });
        stopped += never.wait_for(std::chrono::microseconds(random.below(1000)));
        break;
    }
    default:
        weft::yield();
    }
}

/// How many exceptions join() brought.
void join(weft::scope& s) {
    try {
        s.join();
    } catch (const failure&) {
        caught += 1 + s.others().size();
        REQUIRE(s.lost() == 0);
        REQUIRE(s.stop_requested());
    }
    timed_out += s.timed_out();
}

void grow(weft::scope& s, std::atomic<int>& living, random_source& random, unsigned depth) {
    for (unsigned i = random.below(5); i > 0; --i) {
        s.spawn([&s, &living, depth, rider = lives(living), seed = random()](const weft::stop_token& stop) {
            ++nodes;
            random_source mine(seed);
            if (depth > 0) {
                if (mine.one_in(3)) {
                    grow(s, living, mine, depth - 1);
                }
                node(mine(), depth - 1);
            }
            leaf(mine, stop);
        });
    }
}

void node(std::uint64_t seed, unsigned depth) {
    random_source random(seed);
    std::atomic<int> living{0};
    weft::scope_options options;
    if (random.one_in(4)) {
        options.deadline = steady::now() + std::chrono::microseconds(random.below(3000));
    }
    switch (random.below(3)) {
    case 0: { // all are counted
        weft::scope s(options);
        grow(s, living, random, depth);
        if (random.one_in(4)) {
            s.request_stop();
        }
        join(s);
        REQUIRE(living == 0);
        break;
    }
    case 1: { // the block fails too
        const bool fails = random.one_in(3);
        unsigned long others = 0;
        try {
            weft::with_scope(options, [&](weft::scope& s) {
                grow(s, living, random, 0);
                try {
                    s.join();
                } catch (const failure&) {
                    others = s.others().size();
                    throw; // through with_scope
                }
                if (fails) {
                    throw failure();
                }
            });
        } catch (const failure&) {
            caught += 1 + others;
        }
        REQUIRE(living == 0);
        break;
    }
    case 2: // passing by: what the children threw goes lost, so they do not throw
        try {
            weft::scope s(options);
            for (unsigned i = random.below(4); i > 0; --i) {
                s.spawn([rider = lives(living)](const weft::stop_token& stop) {
                    stopped += weft::select(weft::on_stop(stop), weft::on_timeout(1h)) == 0;
                });
            }
            throw failure();
        } catch (const failure&) {
            ++caught;
        }
        REQUIRE(living == 0);
        break;
    }
}

void live(unsigned workers, random_source& random, steady::time_point end) {
    weft::runtime rt({.workers = workers});
    const auto drive = [end](std::uint64_t seed) {
        random_source mine(seed);
        while (steady::now() < end) {
            node(mine(), 3);
        }
    };
    std::thread outside([&, seed = random()] { drive(seed); });
    std::vector<weft::join_handle<void>> tasks;
    for (unsigned i = 0; i < 2 * workers; ++i) {
        tasks.push_back(rt.spawn([&, seed = random()] { drive(seed); }));
    }
    outside.join();
    for (auto& t : tasks) {
        t.join();
    }
}

} // namespace

int main(int argc, char** argv) {
    const unsigned workers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2;
    const auto seed = support::seed_of(argc - 1, argv + 1);
    const double seconds = support::stress_seconds(60);
    test::watchdog guard(static_cast<unsigned>(seconds) + 60, "scope_stress");
    random_source random(seed);
    const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
    int epochs = 0;
    while (steady::now() < end) {
        live(workers, random, std::min(end, steady::now() + std::chrono::milliseconds(50 + random.below(500))));
        ++epochs;
    }
    support::say("%u workers, %d epochs, %lu nodes, %lu exceptions, %lu stopped, %lu timed out\n", workers, epochs, nodes.load(),
                 thrown.load(), stopped.load(), timed_out.load());
    REQUIRE(nodes > 0 && thrown > 0 && stopped > 0);
    REQUIRE(thrown == caught);
    return 0;
}
