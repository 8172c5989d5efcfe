// SPDX-License-Identifier: MIT
#include "lab/turn.hpp"
#include "kernel/clock.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

constexpr std::uint64_t warm_up_ns = 50'000;

void note_stages(contender& who, std::uint64_t input, stage_samples& into) {
    cell c;
    load({&c, 1}, input);
    c.ask_when = true;
    who.before_each();
    const std::uint64_t begin = kernel::monotonic_ns();
    who.create_and_join(c);
    const std::uint64_t end = kernel::monotonic_ns();
    verify({&c, 1}, who.about().title);
    if (c.began < begin || c.ended < c.began || end < c.ended || c.created < begin || end < c.created) {
        throw verification_failed(who.about().title +
                                  ": the child's times do not lie between its creation and its join");
    }
    into.call_returned.push_back(static_cast<double>(c.created - begin));
    into.first_instruction.push_back(static_cast<double>(c.began - begin));
    into.end_to_joined.push_back(static_cast<double>(end - c.ended));
}

} // namespace

double one_turn(contender& who, std::uint64_t& next_input, double clock_cost_ns, stage_samples* stages) {
    double elapsed = 0;
    who.in_its_place([&] {
        cell c;
        const std::uint64_t warm_until = kernel::monotonic_ns() + warm_up_ns;
        do {
            load({&c, 1}, next_input++);
            who.create_and_join(c);
            verify({&c, 1}, who.about().title);
        } while (kernel::monotonic_ns() < warm_until);

        load({&c, 1}, next_input++);
        who.before_each();
        const std::uint64_t begin = kernel::monotonic_ns();
        who.create_and_join(c);
        const std::uint64_t end = kernel::monotonic_ns();
        verify({&c, 1}, who.about().title);
        elapsed = static_cast<double>(end - begin);
        if (stages) {
            note_stages(who, next_input++, *stages);
        }
    });
    return std::max(elapsed - clock_cost_ns, 0.0);
}

} // namespace weft::lab
