// SPDX-License-Identifier: MIT
// Does it pay to steal? A thief of tasks that are shorter than the cache misses which it causes only slows their owner down: a batch of a
// hundred tasks of 40 ns each cost 218 ns a task beside such a thief, 52 beside one that rests (bench/workload/batch, 2 workers).
//
// So a worker judges its last theft when nothing is left to do here. It was poor if the loot took less than worth_ns a task and nothing
// came of it but itself: a subtree's root is short, too, but then many tasks have ended here. After `patience` poor thefts in a row the thief
// rests before it looks at victims again (carrier::doze), and so after each poor one that follows, until one was not poor.
// Loot of tasks that had started counts for nothing here: how long they run says nothing of what is to come.
#pragma once
#include <cstdint>

namespace weft::scheduler {

class thefts {
  public:
    static constexpr std::uint64_t worth_ns = 400; // some cache misses: the task, its callable, the queue, what it writes
    static constexpr unsigned patience = 3;

    /// So many tasks that had not started were taken now; `ended` have ended here in all.
    void took(std::uint64_t tasks, std::uint64_t now_ns, std::uint64_t ended) noexcept {
        tasks_ = tasks;
        at_ns_ = now_ns;
        ended_ = ended;
    }
    /// There is a theft that has not been judged.
    [[nodiscard]] bool open() const noexcept { return tasks_ != 0; }
    /// Nothing is left of the loot. True: rest first.
    [[nodiscard]] bool rest_after(std::uint64_t now_ns, std::uint64_t ended) noexcept {
        const bool poor = now_ns - at_ns_ < worth_ns * tasks_ && ended - ended_ <= 2 * tasks_;
        tasks_ = 0;
        poor_in_a_row_ = !poor ? 0 : poor_in_a_row_ < patience ? poor_in_a_row_ + 1 : patience;
        return poor_in_a_row_ == patience;
    }

  private:
    std::uint64_t tasks_ = 0; // of the theft that has not been judged
    std::uint64_t at_ns_ = 0;
    std::uint64_t ended_ = 0;
    unsigned poor_in_a_row_ = 0; // up to patience
};

} // namespace weft::scheduler
