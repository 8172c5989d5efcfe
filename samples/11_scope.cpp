// SPDX-License-Identifier: MIT
// 11: scopes, so that no task outlives the block that started it.
//
// A child that a scope spawns is done when the scope is left, whichever way. The first exception asks the others to stop and comes out
// where the scope is; so an error in a task is an error of the function that started it. Being asked is a token's business: every wait of
// weft that takes one ends when the stop is requested.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

/// A sum by halves, one of them by a child.
long sum(const std::vector<long>& v, std::size_t from, std::size_t to) {
    if (to - from < 1000) {
        long s = 0;
        for (std::size_t i = from; i < to; ++i) {
            s += v[i];
        }
        return s;
    }
    const std::size_t middle = from + (to - from) / 2;
    long left = 0; // safe to write by the child: it is done before with_scope returns
    const long right = weft::with_scope([&](weft::scope& s) {
        s.spawn([&] { left = sum(v, from, middle); });
        return sum(v, middle, to);
    });
    return left + right;
}

/// Waits for an answer that never comes, unless it is told to stop.
void ask(const char* whom, std::atomic<int>& gave_up, const weft::stop_token& stop) {
    weft::channel<std::string> answer(0);
    if (answer.receive(stop).status() == weft::channel_status::stopped) {
        ++gave_up;
    } else {
        std::printf("%s has answered?\n", whom);
    }
}

void one_fails() {
    std::atomic<int> gave_up{0};
    try {
        weft::with_scope([&](weft::scope& s) {
            s.spawn([&](const weft::stop_token& stop) { ask("Alice", gave_up, stop); });
            s.spawn([&](const weft::stop_token& stop) { ask("Bob", gave_up, stop); });
            s.spawn([] { throw std::runtime_error("the line to Carol is dead"); });
        });
    } catch (const std::runtime_error& e) {
        std::printf("%s; %d others gave up\n", e.what(), gave_up.load());
    }
}

/// A deadline holds for all that is inside, however deep.
void with_a_deadline() {
    std::atomic<int> gave_up{0};
    weft::scope s({.deadline = std::chrono::steady_clock::now() + 20ms, .stop = {}});
    s.spawn([&] {
        weft::scope inner; // nested: it inherits the stop and the deadline
        inner.spawn([&](const weft::stop_token& stop) { ask("Dave", gave_up, stop); });
        inner.join();
    });
    s.join();
    std::printf("%s: %d gave up\n", s.timed_out() ? "the time was up" : "in time", gave_up.load());
}

/// For children that are no scope's: a count to wait for.
void fire_and_wait() {
    weft::wait_group all;
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i) {
        all.add();
        weft::spawn([&] {
            ++done;
            all.done();
        }).detach();
    }
    all.wait();
    std::printf("%d done\n", done.load());
}

} // namespace

int main() {
    weft::runtime rt;
    std::vector<long> v(100'000);
    for (std::size_t i = 0; i < v.size(); ++i) {
        v[i] = static_cast<long>(i);
    }
    std::printf("sum %ld\n", rt.run([&] { return sum(v, 0, v.size()); }));
    one_fails(); // main is no task, but may have scopes
    rt.run(with_a_deadline);
    rt.run(fire_and_wait);
}
