// SPDX-License-Identifier: MIT
// The same code as a task with its own TLS and as a light one: what holds for the first must be seen to fail for the second, or the test
// proves nothing.
#pragma once
#include "../with_workers.hpp"
#include <weft/weft.hpp>

namespace test {

enum class kind { own_tls, light };

inline std::string kind_in_words(const testing::TestParamInfo<kind>& info) {
    return info.param == kind::own_tls ? "with_own_tls" : "light";
}

template <class F>
auto start(kind k, F f) {
    weft::spawn_options o;
    o.own_tls = k == kind::own_tls;
    return weft::spawn(o, std::move(f));
}

/// Two tasks on one worker take turns: first(), second(), then verdict() where first() ran. Returns the verdict.
template <class First, class Second, class Verdict>
bool across_a_neighbour(kind k, First first, Second second, Verdict verdict) {
    weft::runtime_options o;
    o.workers = 1;
    weft::runtime rt(o);
    return rt.run([&] {
        weft::binary_semaphore seconds_turn{0}, firsts_turn{0};
        auto a = start(k, [&] {
            first();
            seconds_turn.release();
            firsts_turn.acquire();
            return verdict();
        });
        auto b = start(k, [&] {
            seconds_turn.acquire();
            second();
            firsts_turn.release();
        });
        b.join();
        return a.join();
    });
}

/// f() in a task of a runtime with two workers, so that it can be moved between kernel threads by test::migrate().
template <class F>
auto with_two_workers(kind k, F f) {
    weft::runtime_options o;
    o.workers = 2;
    weft::runtime rt(o);
    return rt.run([&] { return start(k, std::move(f)).join(); });
}

class own_tls : public census, public testing::WithParamInterface<kind> {
  protected:
    kind k() const { return GetParam(); }
    /// What is true of a task with its own TLS, and false of a light one.
    bool own() const { return GetParam() == kind::own_tls; }
};

} // namespace test

#define WEFT_BOTH_KINDS(NAME)                                                                                                      \
    class NAME : public test::own_tls {};                                                                                          \
    INSTANTIATE_TEST_SUITE_P(tasks, NAME, testing::Values(test::kind::own_tls, test::kind::light),                                 \
                             test::kind_in_words)
