// SPDX-License-Identifier: MIT
// Stops that race with what is waited for: units of a semaphore are neither lost nor doubled, a latch lets all go that have not been stopped, a
// sleep ends. stoppable_stress WORKERS [SEED].
#include "rounds.hpp"

namespace {

using test::agent;
using test::random_source;

/// As many units come as there are waiters, and stops at any time: what was released is what was taken and what is left.
void semaphore_round(weft::runtime& rt, random_source& random) {
    const int count = 2 + static_cast<int>(random.below(8));
    weft::counting_semaphore<> units(0);
    weft::stop_source stops[3];
    std::atomic<int> taken{0};
    std::vector<agent> agents;
    for (int i = 0; i < count; ++i) {
        agents.emplace_back(rt, test::place_for(random.below(3) != 0), [&, i, seed = random(), timed = random.below(2)] {
            random_source mine(seed);
            mine.dawdle();
            const auto token = stops[i % 3].get_token();
            taken += timed != 0 ? units.try_acquire_for(token, std::chrono::microseconds(mine.below(200))) : units.acquire(token);
        });
        agents.emplace_back(rt, test::place_for(random.below(3) != 0), [&, seed = random()] {
            random_source mine(seed);
            mine.dawdle();
            units.release();
        });
    }
    for (auto& s : stops) {
        random.dawdle();
        s.request_stop();
    }
    agents.clear();
    int left = 0;
    while (units.try_acquire()) {
        ++left;
    }
    REQUIRE(taken + left == count);
}

void latch_round(weft::runtime& rt, random_source& random) {
    auto gate = std::make_unique<weft::latch>(2);
    weft::stop_source stop;
    std::vector<agent> agents;
    const bool all_stopped = random.below(2) == 0;
    for (unsigned i = 0; i < 1 + random.below(5); ++i) {
        agents.emplace_back(rt, test::place_for(random.below(3) != 0), [&, seed = random(), stopped = all_stopped || random.below(2) == 0] {
            random_source mine(seed);
            mine.dawdle();
            if (stopped) {
                (void)gate->wait(stop.get_token());
            } else {
                gate->wait();
            }
        });
    }
    agents.emplace_back(rt, test::place::foreign, [&, seed = random()] {
        random_source mine(seed);
        mine.dawdle();
        stop.request_stop();
    });
    gate->count_down();
    random.dawdle();
    if (!all_stopped) {
        gate->count_down(); // else it dies with a count, and nobody in line
    }
    agents.clear();
    gate.reset();
}

void sleep_round(weft::runtime& rt, random_source& random) {
    weft::stop_source stop;
    weft::promise<int> p;
    auto f = p.get_future().share();
    std::vector<agent> agents;
    for (unsigned i = 0; i < 1 + random.below(6); ++i) {
        agents.emplace_back(rt, test::place_for(random.below(3) != 0), [&, f, limit = random.below(3) == 0 ? 3'600'000'000u : random.below(100)] {
            (void)weft::sleep_for(stop.get_token(), std::chrono::microseconds(limit));
            if (f.wait(stop.get_token())) {
                REQUIRE(f.get() == 3);
            } else {
                REQUIRE(stop.stop_requested());
            }
        });
    }
    random.dawdle();
    if (random.below(2) != 0) {
        p.set_value(3);
        random.dawdle();
    }
    stop.request_stop();
    agents.clear();
}

} // namespace

int main(int argc, char** argv) {
    return test::play_rounds(argc, argv, "a round of stops", [](weft::runtime& rt, random_source& random) {
        switch (random.below(3)) {
        case 0:
            return semaphore_round(rt, random);
        case 1:
            return latch_round(rt, random);
        default:
            return sleep_round(rt, random);
        }
    });
}
