// SPDX-License-Identifier: MIT
// Two std::threads on one CPU that call sched_yield(2). The kernel may run the caller on, so the cost is
// counted per switch that really happened, not per call.
#include "lab/cpus.hpp"
#include "lab/roster.hpp"
#include "lab/switches/pinned_threads.hpp"
#include <sched.h>

namespace weft::lab {

namespace {

class sched_yield_contender final : public switcher {
  public:
    using switcher::switcher;

    [[nodiscard]] bool every_call_switches() const noexcept override { return false; }

    switch_count run(std::uint64_t calls) override {
        const unsigned cpu = allowed_cpus().back();
        turn_word word;
        std::array<side, 2> sides;
        on_two_threads({cpu, cpu}, sides, [&](std::uint32_t me, side& mine) {
            mine.play(me, calls / 2, word, [] { sched_yield(); });
        });
        return count_of(sides, calls / 2 * 2);
    }
};

} // namespace

switch_entry sched_yield_entry() {
    return {{"sched_yield", "std::thread, sched_yield",
             "Two std::threads on one CPU call sched_yield(2); only calls after which the other had run are "
             "counted.",
             contender_kind::kernel_thread},
            [](contender_card card) -> std::unique_ptr<switcher> {
                return std::make_unique<sched_yield_contender>(std::move(card));
            }};
}

} // namespace weft::lab
