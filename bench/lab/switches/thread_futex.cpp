// SPDX-License-Identifier: MIT
// Two std::threads that hand a turn over through one futex word: the fewest system calls that two kernel
// threads can do it with, one wake and one wait each. On one CPU it is a context switch; on two it is a
// wake-up across CPUs.
#include "kernel/futex.hpp"
#include "lab/cpus.hpp"
#include "lab/roster.hpp"
#include "lab/switches/pinned_threads.hpp"

namespace weft::lab {

namespace {

class thread_futex final : public switcher {
  public:
    thread_futex(contender_card card, bool two_cpus) : switcher(std::move(card)), two_cpus_(two_cpus) {}

    [[nodiscard]] std::string missing() const override {
        return two_cpus_ && allowed_cpus().size() < 2 ? "this process may use one CPU only" : "";
    }

    switch_count run(std::uint64_t calls) override {
        const std::vector<unsigned> cpus = allowed_cpus();
        std::atomic<std::uint32_t> turn{0};
        turn_word word;
        std::array<side, 2> sides;
        on_two_threads(
            {two_cpus_ ? cpus.front() : cpus.back(), cpus.back()}, sides, [&](std::uint32_t me, side& mine) {
                const std::uint32_t other = 1 - me;
                const auto wait_for_turn = [&] {
                    // mo: acquire -> the other side's release store of turn: what it wrote in its turn.
                    while (turn.load(std::memory_order_acquire) != me) {
                        kernel::futex_wait(turn, other);
                    }
                };
                wait_for_turn();
                mine.play(me, calls / 2, word, [&] {
                    // mo: release -> wait_for_turn's acquire.
                    turn.store(other, std::memory_order_release);
                    kernel::futex_wake(turn, 1);
                    wait_for_turn();
                });
                // The other side may still wait for its last turn.
                turn.store(other, std::memory_order_release); // mo: release -> wait_for_turn's acquire
                kernel::futex_wake(turn, 1);
            });
        return count_of(sides, calls / 2 * 2);
    }

  private:
    const bool two_cpus_;
};

} // namespace

switch_entry thread_futex_one_cpu_entry() {
    return {{"thread_futex_one_cpu", "std::thread, futex, 1 CPU",
             "Two std::threads on one CPU hand a turn over by futex(2).", contender_kind::kernel_thread},
            [](contender_card card) -> std::unique_ptr<switcher> {
                return std::make_unique<thread_futex>(std::move(card), false);
            }};
}

switch_entry thread_futex_two_cpus_entry() {
    return {{"thread_futex_two_cpus", "std::thread, futex, 2 CPUs",
             "Two std::threads on two CPUs hand a turn over by futex(2).", contender_kind::kernel_thread},
            [](contender_card card) -> std::unique_ptr<switcher> {
                return std::make_unique<thread_futex>(std::move(card), true);
            }};
}

} // namespace weft::lab
