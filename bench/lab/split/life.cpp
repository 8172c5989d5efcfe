// SPDX-License-Identifier: MIT
#include "lab/split/life.hpp"
#include <algorithm>

namespace weft::lab {

const part_words& words_of(part which) noexcept {
    static constexpr part_words all[part_count] = {
        {"bookkeeping", "bookkeeping",
         "checks, the cache's lock, the thread's record, handing the memory back to the cache"},
        {"map", "map", "mmap of the stack"},
        {"guard", "guard", "the guard page"},
        {"tls", "TLS",
         "the thread-local storage and descriptor, with the first touch of their pages when they are new"},
        {"signal_mask", "signal mask", "the creator blocks all signals, the thread opens them again"},
        {"clone_call", "clone call",
         "from the call until it has returned in the creator or the thread runs, whichever is first"},
        {"first_instruction", "to the first instruction", "from there until the thread's first instruction"},
        {"set_up", "set-up", "what the thread does before the work: locale, rseq, robust list"},
        {"work", "work", "the work itself"},
        {"clean_up", "clean-up", "destructors and caches, signals blocked, up to the exit call"},
        {"exit", "exit",
         "from the exit call until the kernel has cleared the thread's word, as a joiner that never sleeps "
         "sees it"},
        {"wake", "wake of the joiner", "from there until the joiner, asleep, runs again"},
        {"unmap", "unmap", "the memory given back to the kernel"},
    };
    return all[static_cast<std::size_t>(which)];
}

namespace {

/// Walks along the moments; one that did not come, or that another CPU's clock puts before its predecessor,
/// takes no time.
class walk {
  public:
    explicit walk(std::uint64_t from) noexcept : at_(from) {}
    double to(std::uint64_t moment) noexcept {
        if (moment <= at_) {
            return 0;
        }
        const auto passed = static_cast<double>(moment - at_);
        at_ = moment;
        return passed;
    }

  private:
    std::uint64_t at_;
};

} // namespace

double whole_of(const life& l) noexcept {
    return static_cast<double>(std::max({l.end_seen, l.handed_back, l.unmapped}) - l.began);
}

double exit_and_wake(const life& l) noexcept {
    return l.end_seen > l.leaving ? static_cast<double>(l.end_seen - l.leaving) : 0;
}

split_parts parts_of(const life& l, double exit_ns) noexcept {
    split_parts parts{};
    const auto of = [&](part p) -> double& { return parts[static_cast<std::size_t>(p)]; };
    walk w(l.began);
    of(part::bookkeeping) += w.to(l.cache_asked);
    of(part::map) += w.to(l.mapped);
    of(part::guard) += w.to(l.guarded);
    of(part::tls) += w.to(l.tls_ready);
    of(part::bookkeeping) += w.to(l.record_filled);
    of(part::signal_mask) += w.to(l.signals_blocked);
    of(part::clone_call) += w.to(std::min(l.clone_returned, l.first_instruction));
    of(part::first_instruction) += w.to(l.first_instruction);
    of(part::set_up) += w.to(l.set_up);
    of(part::signal_mask) += w.to(l.signals_open);
    of(part::work) += w.to(l.user_code_left);
    of(part::clean_up) += w.to(l.leaving);
    const double end = w.to(l.end_seen);
    of(part::exit) += std::clamp(exit_ns, 0.0, end);
    of(part::wake) += end - of(part::exit);
    of(part::bookkeeping) += w.to(l.handed_back);
    of(part::unmap) += w.to(l.unmapped);
    return parts;
}

} // namespace weft::lab
