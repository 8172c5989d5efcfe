// SPDX-License-Identifier: MIT
// Two std::threads on one CPU that hand a turn over with std::mutex and std::condition_variable, as portable
// programs do.
#include "lab/cpus.hpp"
#include "lab/roster.hpp"
#include "lab/switches/pinned_threads.hpp"
#include <condition_variable>
#include <mutex>

namespace weft::lab {

namespace {

class thread_condition_variable final : public switcher {
  public:
    using switcher::switcher;

    switch_count run(std::uint64_t calls) override {
        const unsigned cpu = allowed_cpus().back();
        std::mutex lock;
        std::array<std::condition_variable, 2> changed;
        std::uint32_t turn = 0; // guarded by lock
        turn_word word;
        std::array<side, 2> sides;
        on_two_threads({cpu, cpu}, sides, [&](std::uint32_t me, side& mine) {
            const std::uint32_t other = 1 - me;
            std::unique_lock held(lock);
            const auto mine_now = [&] { return turn == me; };
            changed[me].wait(held, mine_now);
            mine.play(me, calls / 2, word, [&] {
                turn = other;
                changed[other].notify_one();
                changed[me].wait(held, mine_now);
            });
            turn = other;
            changed[other].notify_one();
        });
        return count_of(sides, calls / 2 * 2);
    }
};

} // namespace

switch_entry thread_condition_variable_entry() {
    return {{"thread_condition_variable", "std::thread, condvar, 1 CPU",
             "Two std::threads on one CPU hand a turn over by std::condition_variable.",
             contender_kind::kernel_thread},
            [](contender_card card) -> std::unique_ptr<switcher> {
                return std::make_unique<thread_condition_variable>(std::move(card));
            }};
}

} // namespace weft::lab
