// SPDX-License-Identifier: MIT
// runtime_stress WORKERS [SEED]: everything at once, at random, for WEFT_STRESS_SECONDS (60).
//
// Driver tasks and foreign threads (std::thread and weft::kernel_thread) spawn, join, poll, detach, hand handles to each other, yield,
// sleep, meet, block their kernel thread, throw, unwind through suspensions, and make runtimes of their own. Every few seconds
// the runtime is destroyed while detached tasks are under way, and a new one is made. Between, all fall silent for some
// milliseconds, so that workers park and must be woken.
//
// What is checked: each task adds what it was told to add (no task lost, none run twice); each callable and value is destroyed; each
// exception reaches its joiner; at the end no thread, descriptor or mapping is left. When nothing has moved for 20 s, the runtime is
// dumped and the program aborts.
#include "meeting.hpp"
#include "support/program.hpp"
#include "support/random_source.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using support::random_source;

std::atomic<long> expected{0}, added{0}, alive{0};
std::atomic<unsigned long> operations{0}, errors_joined{0}, sections{0}, meetings{0};

/// Rides in callables and values.
struct counted {
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    ~counted() { --alive; }
};

struct value : counted {
    long sum = 0;
};

/// One life of the runtime.
struct epoch {
    weft::runtime& rt;
    steady::time_point end;
    test::meeting at;
    std::mutex lock;
    std::vector<weft::join_handle<value>> left; // guarded by lock: handles that anybody may collect
    bool over() const { return steady::now() >= end; }
};

value grow(epoch& e, std::uint64_t seed, unsigned depth);

/// Starts a task that will add `n`; whichever way it is joined, it comes to `added` once.
auto child(epoch& e, random_source& random, unsigned depth, bool may_throw) {
    const long n = random.below(100);
    expected += n;
    counted rider;
    return weft::spawn([&e, n, depth, may_throw, rider, seed = random()] {
        value v = grow(e, seed, depth);
        added += n;
        if (may_throw && seed % 7 == 0) {
            throw std::runtime_error("as planned");
        }
        v.sum = n;
        return v;
    });
}

/// Suspends on its way out, also when the stack is unwound.
struct leaves_slowly {
    random_source& random;
    const int uncaught = std::uncaught_exceptions();
    ~leaves_slowly() {
        if (random.one_in(3)) {
            weft::yield();
        }
        REQUIRE(std::uncaught_exceptions() >= uncaught);
    }
};

void throw_and_catch(epoch& e, random_source& random, unsigned depth) {
    const auto number = random();
    try {
        leaves_slowly l{random};
        throw number;
    } catch (std::uint64_t caught) {
        if (depth > 0) {
            child(e, random, depth - 1, false).join();
        } else {
            weft::yield();
        }
        REQUIRE(caught == number);
        try {
            throw;
        } catch (std::uint64_t again) {
            REQUIRE(again == number);
        }
    }
    REQUIRE(std::current_exception() == nullptr && std::uncaught_exceptions() == 0);
}

void join_some(epoch& e, random_source& random, unsigned depth) {
    std::vector<weft::join_handle<value>> children;
    for (unsigned i = random.below(12) + 1; i > 0; --i) {
        children.push_back(child(e, random, depth - 1, true));
    }
    for (auto& c : children) {
        try {
            if (random.one_in(4)) {
                while (!c.try_join()) {
                    weft::yield();
                }
            } else {
                c.join();
            }
        } catch (const std::runtime_error&) {
            ++errors_joined;
        }
    }
}

/// Leaves a handle for a driver to collect.
void hand_over(epoch& e, random_source& random, unsigned depth) {
    auto mine = child(e, random, depth - 1, false);
    std::lock_guard hold(e.lock);
    if (e.left.size() < 64) {
        e.left.push_back(std::move(mine));
    } else {
        mine.detach();
    }
}

/// For drivers alone: a task that joined what lies here could wait for its own ancestor.
void collect(epoch& e, random_source& random) {
    weft::join_handle<value> found;
    {
        std::lock_guard hold(e.lock);
        if (e.left.empty()) {
            return;
        }
        std::swap(e.left[random.below(static_cast<unsigned>(e.left.size()))], e.left.back());
        found = std::move(e.left.back());
        e.left.pop_back();
    }
    found.join();
}

void block(random_source& random) {
    ++sections;
    const auto doze = std::chrono::microseconds(random.below(4) ? 0 : random.below(300));
    weft::blocking([&] {
        if (doze > 0us) {
            std::this_thread::sleep_for(doze);
        }
        if (random.one_in(20)) {
            REQUIRE(weft::spawn([] { return 1; }).join() == 1);
        }
    });
}

void own_runtime(random_source& random) {
    weft::runtime inner({.workers = 1 + random.below(2), .name = "inner"});
    REQUIRE(inner.run([] { return weft::spawn([] { return 2; }).join(); }) == 2);
    inner.spawn([c = counted()] { weft::sleep_for(100us); }).detach();
}

value grow(epoch& e, std::uint64_t seed, unsigned depth) {
    random_source random(seed);
    for (unsigned i = random.below(4); i > 0; --i) {
        ++operations;
        switch (random.below(depth > 0 ? 9 : 5)) {
        case 0:
        case 1:
            weft::yield();
            break;
        case 2:
            weft::sleep_for(std::chrono::microseconds(random.below(8) ? random.below(50) : random.below(2000)));
            break;
        case 3:
            block(random);
            break;
        case 4:
            throw_and_catch(e, random, 0);
            break;
        case 5:
            join_some(e, random, depth);
            break;
        case 6:
            child(e, random, depth - 1, false).detach();
            break;
        case 7:
            hand_over(e, random, depth);
            break;
        case 8:
            throw_and_catch(e, random, depth);
            break;
        }
    }
    return {};
}

void drive(epoch& e, std::uint64_t seed) {
    random_source random(seed);
    while (!e.over()) {
        ++operations;
        if (random.one_in(50)) {
            weft::sleep_for(std::chrono::milliseconds(random.below(12))); // with luck all are silent
        } else if (random.one_in(400)) {
            own_runtime(random);
        } else if (random.one_in(3)) {
            e.at.meet();
            ++meetings;
        } else if (random.one_in(6)) {
            collect(e, random);
        } else {
            grow(e, random(), 3);
        }
    }
}

void drive_from_outside(epoch& e, std::uint64_t seed) {
    random_source random(seed);
    while (!e.over()) {
        ++operations;
        switch (random.below(6)) {
        case 0:
            e.rt.run([&] { grow(e, random(), 2); });
            break;
        case 1:
            child(e, random, 1, false).detach();
            break;
        case 2:
            hand_over(e, random, 2);
            break;
        case 3:
            e.at.release();
            break;
        case 4:
            weft::sleep_for(std::chrono::microseconds(random.below(3000)));
            break;
        case 5:
            collect(e, random);
            break;
        }
    }
}

/// The main thread's part while the others drive: keeps meetings going, and aborts when nothing moves.
void watch(epoch& e, const std::vector<weft::join_handle<void>>& drivers) {
    const auto patience = test::sanitized ? 90s : 20s;
    auto moved = steady::now();
    for (unsigned long seen = operations;;) {
        bool all_done = true;
        for (auto& d : drivers) {
            all_done = all_done && d.done();
        }
        if (all_done) {
            return;
        }
        support::sleep_ms(2);
        e.at.release();
        if (const unsigned long now = operations; now != seen) {
            seen = now;
            moved = steady::now();
        } else if (steady::now() - moved > patience) {
            support::say("FAILED: nothing has moved; expected %ld, added %ld, %zu at the meeting\n", expected.load(), added.load(),
                         e.at.waiting());
            e.rt.dump(2);
            std::abort();
        }
    }
}

void live(unsigned workers, random_source& random, steady::time_point end) {
    weft::runtime rt({.workers = workers, .max_blocking = random.one_in(3) ? random.below(4) : 512});
    epoch e{rt, end, {}, {}, {}};
    std::vector<weft::join_handle<void>> drivers;
    for (unsigned i = 2 + 2 * workers; i > 0; --i) {
        drivers.push_back(rt.spawn([&e, seed = random()] { drive(e, seed); }));
    }
    std::thread outside([&e, seed = random()] { drive_from_outside(e, seed); });
    weft::kernel_thread outside_too([&e, seed = random()] { drive_from_outside(e, seed); });
    watch(e, drivers);
    outside.join();
    outside_too.join();
    for (auto& d : drivers) {
        d.join();
    }
    // The tasks whose handles were left, and their children, may leave more.
    for (;;) {
        std::unique_lock hold(e.lock);
        if (e.left.empty()) {
            hold.unlock();
            break;
        }
        auto h = std::move(e.left.back());
        e.left.pop_back();
        hold.unlock();
        h.join();
    }
    // Detached tasks are still under way, and may leave handles yet: nobody needs the runtime's memory longer than they do.
    for (std::size_t before = 1; before != 0;) {
        rt.run([] { weft::sleep_for(20ms); });
        std::lock_guard hold(e.lock);
        before = e.left.size();
        for (auto& h : e.left) {
            h.detach();
        }
        e.left.clear();
    }
}

} // namespace

int main(int argc, char** argv) {
    const unsigned workers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2;
    const auto seed = support::seed_of(argc - 1, argv + 1);
    const double seconds = support::stress_seconds(60);
    test::watchdog guard(static_cast<unsigned>(seconds) + 120, "runtime_stress");
    random_source random(seed);
    const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
    int epochs = 0, mappings = 0, threads = 0;
    const int descriptors = support::count_descriptors();
    while (steady::now() < end) {
        live(workers, random, std::min(end, steady::now() + std::chrono::milliseconds(200 + random.below(3000))));
        REQUIRE(added == expected);
        REQUIRE(alive == 0);
        if (++epochs == 5) {
            mappings = support::count_mappings();
            threads = support::count_threads();
        }
    }
    support::say("%u workers, %d epochs, %lu operations, %lu errors joined, %lu blocking sections, %lu meetings, sum %ld\n", workers, epochs,
                 operations.load(), errors_joined.load(), sections.load(), meetings.load(), added.load());
    if (epochs > 5) {
        REQUIRE(support::eventually([&] { return support::count_threads() <= threads; }));
        REQUIRE(support::count_descriptors() == descriptors);
        support::say("mappings %d after 5 epochs, %d at the end\n", mappings, support::count_mappings());
        REQUIRE(support::count_mappings() <= mappings + 200); // kernel thread blocks and malloc arenas of the busiest moment
    }
    return 0;
}
