// SPDX-License-Identifier: MIT
// Two tasks on one worker that call weft::yield().
#include "lab/roster.hpp"
#include "lab/switches/two_sides.hpp"
#include <optional>
#include <weft/runtime.hpp>
#include <weft/this_task.hpp>

namespace weft::lab {

namespace {

class task_yield final : public switcher {
  public:
    using switcher::switcher;

    switch_count run(std::uint64_t calls) override {
        turn_word word;
        std::array<side, 2> sides;
        one_worker_.run([&] {
            auto first = spawn([&] { sides[0].play(0, calls / 2, word, [] { weft::yield(); }); });
            auto second = spawn([&] { sides[1].play(1, calls / 2, word, [] { weft::yield(); }); });
            first.join();
            second.join();
        });
        return count_of(sides, calls / 2 * 2);
    }

  private:
    runtime one_worker_{{.workers = 1, .name = "lab"}};
};

} // namespace

switch_entry task_yield_entry() {
    return {{"task_yield", "weft::yield, two tasks", "Two tasks on one worker call weft::yield().",
             contender_kind::task},
            [](contender_card card) -> std::unique_ptr<switcher> {
                return std::make_unique<task_yield>(std::move(card));
            }};
}

} // namespace weft::lab
