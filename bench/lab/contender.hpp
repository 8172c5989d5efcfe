// SPDX-License-Identifier: MIT
// A contender in creation: one way to have a piece of work done by somebody else and to wait for it.
#pragma once
#include "lab/card.hpp"
#include "lab/cell.hpp"
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace weft::lab {

class contender {
  public:
    explicit contender(contender_card card) : card_(std::move(card)) {}
    contender(const contender&) = delete;
    contender& operator=(const contender&) = delete;
    virtual ~contender() = default;

    [[nodiscard]] const contender_card& about() const noexcept { return card_; }

    /// Why it cannot be measured in this build or on this machine; empty: it can.
    [[nodiscard]] virtual std::string missing() const { return {}; }

    /// Why it has no place among the batches; empty: it has.
    [[nodiscard]] virtual std::string no_batches() const { return {}; }

    /// Runs f where this contender's creator lives: on the calling thread, or inside a task.
    virtual void in_its_place(const std::function<void()>& f) { f(); }

    /// What must be so before each timed operation, and is not timed.
    virtual void before_each() {}

    /// How long the machine must do other creations before this one no longer shows in theirs, in nanoseconds.
    [[nodiscard]] virtual std::uint64_t echo_ns() const noexcept { return 0; }

    /// Has perform(c) done by a new thread or task and waits for its end. Throws std::system_error when it is
    /// refused.
    virtual void create_and_join(cell& c) = 0;

    /// One new thread or task for each cell, all created before the first is joined. When one is refused,
    /// joins those that were made and throws.
    virtual void create_and_join_all(std::span<cell> cells) = 0;

  private:
    const contender_card card_;
};

} // namespace weft::lab
