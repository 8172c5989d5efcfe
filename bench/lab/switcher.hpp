// SPDX-License-Identifier: MIT
// A contender in switching: two threads or two tasks that hand the right to run to and fro.
#pragma once
#include "lab/card.hpp"
#include <cstdint>
#include <string>
#include <utility>

namespace weft::lab {

/// What one sample gave: how long the two went on, how often they called for a switch, and how often the
/// other one had really run in between, which they found out from a word that both write.
struct switch_count {
    double nanoseconds = 0;
    std::uint64_t calls = 0;
    std::uint64_t switches = 0;
};

class switcher {
  public:
    explicit switcher(contender_card card) : card_(std::move(card)) {}
    switcher(const switcher&) = delete;
    switcher& operator=(const switcher&) = delete;
    virtual ~switcher() = default;

    [[nodiscard]] const contender_card& about() const noexcept { return card_; }
    [[nodiscard]] virtual std::string missing() const { return {}; }

    /// True when every call must reach the other one: then fewer switches than calls are a failed
    /// verification. A mere hint to the kernel, as sched_yield(2) is, promises less.
    [[nodiscard]] virtual bool every_call_switches() const noexcept { return true; }

    /// Lets two of them make `calls` calls in all.
    virtual switch_count run(std::uint64_t calls) = 0;

  private:
    const contender_card card_;
};

} // namespace weft::lab
