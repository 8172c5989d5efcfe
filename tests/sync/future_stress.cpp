// SPDX-License-Identifier: MIT
// future_stress WORKERS [SEED]: promises that are kept, broken, kept twice at once or at a thread's end, packaged tasks and async calls, while
// others wait with and without a limit.
//
// In each round every sharer gets the same outcome, exactly one of those who store wins, a limit that is over is a timeout, and all values
// and callables are destroyed.
#include <future>

#include "rounds.hpp"
#include <memory>
#include <optional>
#include <weft/future.hpp>

namespace {

using test::counted;
using test::random_source;

struct value : counted {
    std::uint64_t number = 0;
    std::uint64_t twice = 0; // always 2 * number: a torn value is seen
    value() = default;
    explicit value(std::uint64_t n) : number(n), twice(2 * n) {}
};

constexpr std::uint64_t broken = ~std::uint64_t{0}, failed = broken - 1;

/// What came out, as a number.
template <class Future>
std::uint64_t outcome(Future& f) {
    try {
        const auto& v = f.get();
        REQUIRE(v.twice == 2 * v.number);
        return v.number;
    } catch (const std::future_error& e) {
        REQUIRE(e.code() == std::future_errc::broken_promise);
        return broken;
    } catch (const int thrown) {
        REQUIRE(thrown == 5);
        return failed;
    }
}

std::uint64_t wait_somehow(weft::shared_future<value> f, random_source random) {
    for (unsigned i = random.below(3); i > 0; --i) {
        const auto limit = std::chrono::microseconds(random.below(200));
        const auto before = std::chrono::steady_clock::now();
        if (f.wait_for(limit) == weft::future_status::timeout) {
            REQUIRE(std::chrono::steady_clock::now() - before >= limit);
        } else {
            REQUIRE(f.wait_for(std::chrono::seconds(0)) == weft::future_status::ready);
        }
        random.dawdle();
    }
    if (random.one_in(3)) {
        f.wait();
    } else if (random.one_in(2)) {
        while (f.wait_until(std::chrono::system_clock::now() + std::chrono::microseconds(random.below(300))) !=
               weft::future_status::ready) {
        }
    }
    return outcome(f);
}

struct shared_round {
    weft::promise<value> promise;
    std::atomic<int> stores{0};
    std::atomic<std::uint64_t> winner{broken};
};

void store_somehow(shared_round& s, std::uint64_t number, random_source random) {
    random.dawdle();
    const bool fail = random.one_in(5), at_exit = random.one_in(4);
    try {
        if (fail) {
            at_exit ? s.promise.set_exception_at_thread_exit(std::make_exception_ptr(5)) : s.promise.set_exception(std::make_exception_ptr(5));
        } else {
            at_exit ? s.promise.set_value_at_thread_exit(value(number)) : s.promise.set_value(value(number));
        }
        s.winner = fail ? failed : number;
        ++s.stores;
    } catch (const std::future_error& e) {
        REQUIRE(e.code() == std::future_errc::promise_already_satisfied);
    }
    random.dawdle();
}

void one_promise(weft::runtime& rt, random_source& random) {
    std::optional<shared_round> s(std::in_place);
    weft::shared_future<value> f = s->promise.get_future();
    const unsigned setters = random.below(4), waiters = random.below(6);
    std::vector<std::uint64_t> seen(waiters);
    const bool some_foreign = random.one_in(3);
    std::uint64_t won = broken;
    {
        std::vector<test::agent> all, storing;
        for (unsigned i = 0; i < waiters; ++i) {
            all.emplace_back(rt, test::place_for(!some_foreign || !random.one_in(3)), [f, seed = random(), &to = seen[i]] {
                to = wait_somehow(f, random_source(seed));
            });
        }
        for (unsigned i = 0; i < setters; ++i) {
            storing.emplace_back(rt, test::place_for(!some_foreign || !random.one_in(3)), [&s, i, seed = random(), rider = counted()] {
                store_somehow(*s, i + 1, random_source(seed));
            });
        }
        storing.clear();
        REQUIRE(s->stores == (setters > 0 ? 1 : 0));
        won = s->winner;
        s.reset(); // nobody stored: broken
    }
    for (const std::uint64_t each : seen) {
        REQUIRE(each == won);
    }
    REQUIRE(outcome(f) == won);
}

void one_task(weft::runtime& rt, random_source& random) {
    weft::packaged_task<value(std::uint64_t)> t([rider = counted(), fail = random.one_in(4)](std::uint64_t n) {
        if (fail) {
            throw 5;
        }
        return value(n);
    });
    auto f = t.get_future();
    const bool drop = random.one_in(5);
    {
        test::agent caller(rt, test::place_for(random.one_in(2)), [t = std::move(t), drop, seed = random()]() mutable {
            random_source own(seed);
            own.dawdle();
            if (!drop) {
                own.one_in(2) ? t(7) : t.make_ready_at_thread_exit(7);
            }
            own.dawdle();
        });
        const std::uint64_t got = rt.run([&] {
            try {
                return f.get().number;
            } catch (const std::future_error&) {
                return broken;
            } catch (int) {
                return failed;
            }
        });
        REQUIRE(drop ? got == broken : got == 7 || got == failed);
    }
}

std::uint64_t tree(std::uint64_t seed, unsigned depth) {
    random_source random(seed);
    if (depth == 0 || random.one_in(5)) {
        random.dawdle();
        return 1;
    }
    const auto policy = random.one_in(3) ? weft::launch::deferred : random.one_in(2) ? weft::launch::async : weft::launch::async | weft::launch::deferred;
    auto left = weft::async(policy, [seed = random(), depth, rider = counted()] { return tree(seed, depth - 1); });
    weft::shared_future<std::uint64_t> right = weft::async([seed = random(), depth, rider = counted()] { return tree(seed, depth - 1); });
    { auto dropped = weft::async(policy, [rider = counted()] { return value(3); }); }
    return left.get() + right.get() + 1;
}

std::uint64_t tree_alone(std::uint64_t seed, unsigned depth) {
    random_source random(seed);
    if (depth == 0 || random.one_in(5)) {
        return 1;
    }
    (void)(random.one_in(3) || random.one_in(2));
    const std::uint64_t left = random(), right = random();
    return tree_alone(left, depth - 1) + tree_alone(right, depth - 1) + 1;
}

void round(weft::runtime& rt, random_source& random) {
    switch (random.below(4)) {
    case 0: {
        const std::uint64_t seed = random();
        REQUIRE(rt.run([&] { return tree(seed, 6); }) == tree_alone(seed, 6));
        break;
    }
    case 1:
        one_task(rt, random);
        break;
    default:
        one_promise(rt, random);
    }
}

} // namespace

int main(int argc, char** argv) {
    return test::play_rounds(argc, argv, "future_stress", round);
}
