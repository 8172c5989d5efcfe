// SPDX-License-Identifier: MIT
#include "lab/interleave.hpp"
#include "kernel/clock.hpp"
#include "lab/random.hpp"
#include <numeric>
#include <thread>

namespace weft::lab {

namespace {

void let_echo_pass(std::uint64_t echo_ns) {
    if (echo_ns == 0) {
        return;
    }
    const std::uint64_t until = kernel::monotonic_ns() + echo_ns;
    do {
        std::thread([] {}).join();
    } while (kernel::monotonic_ns() < until);
}

} // namespace

interleaved interleave(const std::string& what, const std::vector<lane>& lanes, const extent& how_much,
                       std::uint64_t seed, progress& shown) {
    interleaved result;
    result.samples.resize(lanes.size());
    for (std::vector<double>& of_lane : result.samples) {
        of_lane.reserve(how_much.rounds);
    }
    std::vector<std::size_t> order(lanes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random_source random(seed);

    const std::uint64_t warmed = kernel::monotonic_ns();
    for (std::size_t round = 0; round < how_much.warm_up_rounds; ++round) {
        if (kernel::monotonic_ns() - warmed > how_much.budget_ns / 8) {
            break;
        }
        random.shuffle(std::span(order));
        for (const std::size_t l : order) {
            (void)lanes[l].take();
            let_echo_pass(lanes[l].echo_ns);
        }
    }
    shown.begin(what, how_much.rounds, how_much.budget_ns);
    const std::uint64_t began = kernel::monotonic_ns();
    while (result.rounds < how_much.rounds) {
        random.shuffle(std::span(order));
        for (const std::size_t l : order) {
            result.samples[l].push_back(lanes[l].take());
            let_echo_pass(lanes[l].echo_ns);
        }
        ++result.rounds;
        shown.at(result.rounds);
        if (kernel::monotonic_ns() - began > how_much.budget_ns) {
            result.cut_short = result.rounds < how_much.rounds;
            break;
        }
    }
    shown.end();
    result.seconds = static_cast<double>(kernel::monotonic_ns() - began) / 1e9;
    return result;
}

} // namespace weft::lab
