// SPDX-License-Identifier: MIT
#include "lab/sweeps/points.hpp"
#include "kernel/clock.hpp"
#include "lab/evaluate.hpp"
#include "lab/interleave.hpp"
#include "lab/report/units.hpp"
#include <algorithm>

namespace weft::lab {

void measure_points(sweep_result& into, const std::vector<sweep_lane>& lanes, const extent& how_much,
                    std::uint64_t seed, progress& shown) {
    if (lanes.empty()) {
        return;
    }
    std::vector<lane> turns;
    std::vector<contender_card> cards;
    for (const sweep_lane& l : lanes) {
        turns.push_back({into.name, l.take, l.echo_ns});
        contender_card card = into.series[l.series];
        card.name += "@" + into.points[l.point].label; // cards of one experiment differ by name
        card.title += " at " + into.points[l.point].label;
        cards.push_back(std::move(card));
    }
    const bool doubles = !into.noise;
    if (doubles) {
        turns.push_back(turns.front()); // A/A
    }
    experiment_result whole;
    evaluate(whole, cards, interleave(into.name, turns, how_much, seed, shown), 0, "", seed);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        measured& m = whole.contenders[i];
        into.figures.push_back({lanes[i].series, lanes[i].point, std::move(m.samples), m.figures});
    }
    if (doubles) {
        into.noise = std::move(whole.noise);
    }
    into.rounds = into.rounds == 0 ? whole.rounds : std::min(into.rounds, whole.rounds);
    into.cut_short = into.cut_short || whole.cut_short;
    into.seconds += whole.seconds;
}

double timed_operation(const std::string& title, double clock_cost_ns, const std::function<void()>& prepare,
                       const std::function<void(cell&)>& act) {
    static std::uint64_t next_input = std::uint64_t{1} << 40; // the main thread's alone
    std::uint64_t elapsed = 0;
    for (int i = 0; i < 2; ++i) {
        cell c;
        load({&c, 1}, next_input++);
        prepare();
        const std::uint64_t begin = kernel::monotonic_ns();
        act(c);
        elapsed = kernel::monotonic_ns() - begin;
        verify({&c, 1}, title);
    }
    return std::max(static_cast<double>(elapsed) - clock_cost_ns, 0.0);
}

std::string as_bytes(double bytes) {
    static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) {
        bytes /= 1024;
    }
    return (bytes == static_cast<double>(static_cast<std::uint64_t>(bytes))
                ? std::to_string(static_cast<std::uint64_t>(bytes))
                : three_digits(bytes)) +
           " " + units[unit];
}

} // namespace weft::lab
