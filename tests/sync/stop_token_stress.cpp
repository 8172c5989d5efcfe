// SPDX-License-Identifier: MIT
// stop_token_stress WORKERS [SEED]: callbacks that come, go and destroy themselves while several request the stop.
//
// In each round one request succeeds; a callback that was there all the time is called once; one that has gone is not called
// afterwards, nor is it being called when its destructor has returned; source, tokens and callables are all destroyed.
#include "rounds.hpp"
#include <functional>
#include <memory>
#include <optional>
#include <weft/stop_token.hpp>

namespace {

using test::counted;
using test::random_source;

struct round_state {
    std::optional<weft::stop_source> source{std::in_place};
    weft::stop_token token = source->get_token();
    std::atomic<int> succeeded{0}, calls{0};
};

/// A callback under watch.
struct watched {
    enum class life { waiting, inside, called };
    std::atomic<life> now{life::waiting};
    std::atomic<bool> gone{false};
};

void come_and_go(round_state& s, random_source random) {
    for (unsigned i = random.below(12); i > 0; --i) {
        watched w;
        const bool self_destroying = random.one_in(4);
        using callback = weft::stop_callback<std::function<void()>>;
        std::optional<callback> c;
        const std::uint64_t registrar = weft::abi::agent_number();
        std::atomic<bool> built{false};
        c.emplace(s.token, [&, rider = counted(), seed = random()] {
            REQUIRE(!w.gone);
            REQUIRE(w.now.exchange(watched::life::inside) == watched::life::waiting);
            ++s.calls;
            random_source own(seed);
            own.dawdle();
            // Only when it is surely not being built: then its optional holds it, and this call is a later request's.
            if (self_destroying && built && weft::abi::agent_number() != registrar) {
                // The owner must not touch c any more: it sees `called` only after this.
                auto& flag = w.now;
                c.reset();
                flag = watched::life::called; // w outlives the callback: the owner waits for this word
                return;
            }
            own.dawdle();
            w.now = watched::life::called;
        });
        if (!self_destroying) {
            built = true;
            random.dawdle();
            c.reset();
            w.gone = true;
            REQUIRE(w.now != watched::life::inside);
            random.dawdle();
        } else {
            // From here on the callback owns itself, if it is called by another. A second owner must not come: wait for the round's stop.
            built = true;
            while (w.now != watched::life::called) {
                weft::yield();
            }
            c.reset();
        }
    }
}

void stop(round_state& s, random_source random) {
    for (unsigned i = random.below(6); i > 0; --i) {
        random.dawdle();
    }
    weft::stop_source mine = *s.source;
    REQUIRE(s.token.stop_possible());
    if (mine.request_stop()) {
        ++s.succeeded;
    }
    REQUIRE(s.token.stop_requested());
}

void round(weft::runtime& rt, random_source& random) {
    round_state s;
    std::atomic<int> kept{0};
    using callback = weft::stop_callback<std::function<void()>>;
    std::vector<std::unique_ptr<callback>> keepers;
    const int n = static_cast<int>(random.below(6));
    for (int i = 0; i < n; ++i) {
        keepers.push_back(std::make_unique<callback>(s.token, [&kept, rider = counted()] { ++kept; }));
    }
    {
        std::vector<test::agent> agents;
        const bool some_foreign = random.one_in(3);
        for (unsigned i = 1 + random.below(6); i > 0; --i) {
            agents.emplace_back(rt, test::place_for(!some_foreign || !random.one_in(3)),
                                [&s, seed = random()] { come_and_go(s, random_source(seed)); });
        }
        for (unsigned i = 1 + random.below(3); i > 0; --i) {
            agents.emplace_back(rt, test::place_for(!some_foreign || !random.one_in(3)), [&s, seed = random()] { stop(s, random_source(seed)); });
        }
    }
    REQUIRE(s.succeeded == 1);
    REQUIRE(kept == n);
    s.source.reset();
    REQUIRE(s.token.stop_possible());
    bool late = false;
    weft::stop_callback c(s.token, [&] { late = true; });
    REQUIRE(late);
}

} // namespace

int main(int argc, char** argv) {
    return test::play_rounds(argc, argv, "stop_token_stress", round);
}
