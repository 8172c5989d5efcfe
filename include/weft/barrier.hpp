// SPDX-License-Identifier: MIT
// barrier: std's, for tasks and kernel threads alike. Arriving never suspends (but for what the completion does), and is one
// read-modify-write; the last to arrive runs the completion, begins the next phase and lets all go that wait for it, and may be the
// barrier's last user.
//
// Checked, by a panic: more arrivals than expected, a token of another phase than this or the last, and the end with waiters.
#pragma once
#include <weft/stoppable.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {

class barrier_core {
  public:
    constexpr explicit barrier_core(std::ptrdiff_t expected) noexcept : expected_(expected), missing_(expected) {
        if (expected < 0) {
            bad_count();
        }
    }
    barrier_core(const barrier_core&) = delete;
    barrier_core& operator=(const barrier_core&) = delete;
    ~barrier_core() {
        if (!waiters_.empty()) {
            destroyed_in_use();
        }
    }

    /// True for the last one of the phase, who then calls the completion and begin_next.
    [[nodiscard]] bool arrive(std::ptrdiff_t update) noexcept;
    void drop() noexcept {
        // mo: relaxed: the arrival that follows carries it to begin_next.
        dropped_.fetch_add(1, std::memory_order_relaxed);
    }
    void begin_next() noexcept;
    [[nodiscard]] std::uint64_t phase() const noexcept {
        // mo: acquire -> begin_next's store: the completion of the phase before.
        return phase_.load(std::memory_order_acquire);
    }
    /// Until that phase is over.
    void wait(std::uint64_t phase) const;
    template <stop_token_like Token>
    [[nodiscard]] bool wait(std::uint64_t phase, const Token& token) const {
        if (token.stop_requested()) {
            return false;
        }
        question q{this, phase};
        return is_over(phase) || abi::wait(waiters_, &must_wait, &q, token) != wait_result::interrupted;
    }

  private:
    struct question {
        const barrier_core* barrier;
        std::uint64_t phase;
    };
    /// Panics for a phase that is neither this nor the last.
    [[nodiscard]] bool is_over(std::uint64_t phase) const noexcept;
    static bool must_wait(void* question) noexcept;
    [[noreturn]] static void bad_count() noexcept;
    [[noreturn]] static void destroyed_in_use() noexcept;

    std::ptrdiff_t expected_;                // owner: the last to arrive
    std::atomic<std::ptrdiff_t> missing_;    // atomic, see mo: arrivals to come in this phase
    std::atomic<std::ptrdiff_t> dropped_{0}; // atomic, see mo: fewer from the next phase on
    std::atomic<std::uint64_t> phase_{0};    // atomic, see mo; written in the section
    mutable wait_list waiters_;              // guarded by its section
};

struct no_completion {
    constexpr void operator()() const noexcept {}
};

} // namespace abi

template <class CompletionFunction = abi::no_completion>
class barrier {
    static_assert(std::is_nothrow_invocable_v<CompletionFunction&>, "weft::barrier: the completion must not throw");

  public:
    class arrival_token {
      public:
        arrival_token(arrival_token&&) noexcept = default;
        arrival_token& operator=(arrival_token&&) noexcept = default;
        ~arrival_token() = default;

      private:
        friend class barrier;
        explicit arrival_token(std::uint64_t phase) noexcept : phase_(phase) {}
        std::uint64_t phase_;
    };

    static constexpr std::ptrdiff_t max() noexcept { return std::numeric_limits<std::ptrdiff_t>::max(); }

    constexpr explicit barrier(std::ptrdiff_t expected, CompletionFunction completion = CompletionFunction())
        : core_(expected), completion_(std::move(completion)) {}
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    /// Synchronises with the start of the phase's completion, and that with the return of every wait for the phase.
    [[nodiscard]] arrival_token arrive(std::ptrdiff_t update = 1) {
        arrival_token token(core_.phase()); // it cannot end before we have arrived
        if (core_.arrive(update)) {
            complete();
        }
        return token;
    }
    /// Suspends until the token's phase is over.
    void wait(arrival_token&& token) const { core_.wait(token.phase_); }
    /// The same until a stop is requested: false when it was, also before the call. It gives up the wait, not the arrival, which
    /// still counts: the token is as before, and may be waited for again, or left.
    template <abi::stop_token_like Token>
    [[nodiscard]] bool wait(const arrival_token& arrival, const Token& token) const {
        return core_.wait(arrival.phase_, token);
    }
    void arrive_and_wait() { wait(arrive()); }
    /// Arrives, and is not expected any more in the phases that follow.
    void arrive_and_drop() {
        core_.drop();
        if (core_.arrive(1)) {
            complete();
        }
    }

  private:
    void complete() {
        completion_();
        core_.begin_next();
    }

    abi::barrier_core core_;
    [[no_unique_address]] CompletionFunction completion_;
};

} // namespace weft
