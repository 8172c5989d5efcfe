// SPDX-License-Identifier: MIT
// future and shared_future: std's, for tasks. A wait suspends a task and blocks a foreign kernel thread.
#pragma once
#include <weft/future_state.hpp>
#include <weft/this_task.hpp>

#include <chrono>

namespace weft {

namespace abi {

template <class R>
class future_base {
  public:
    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

    /// Suspends a task, blocks a foreign kernel thread, until the result is there; runs a deferred call here. Synchronises with the call
    /// that made it ready. Throws future_error (no_state) when not valid, as all that follow.
    void wait() const { state_->wait(); }

    /// The same for at most that long. Throws std::bad_alloc.
    template <class Rep, class Period>
    future_status wait_for(const std::chrono::duration<Rep, Period>& limit) const {
        if (state_->is_deferred()) {
            return future_status::deferred;
        }
        if (state_->is_ready()) {
            return future_status::ready;
        }
        return limit > limit.zero() && state_->wait_until(deadline_after(limit)) ? future_status::ready : future_status::timeout;
    }

    /// The same until `Clock` says `when`. Any clock: it is asked again on each wake.
    template <class Clock, class Duration>
    future_status wait_until(const std::chrono::time_point<Clock, Duration>& when) const {
        for (;;) {
            if (state_->is_deferred()) {
                return future_status::deferred;
            }
            if (state_->is_ready()) {
                return future_status::ready;
            }
            const auto left = time_left(when);
            if (left == left.zero()) {
                return future_status::timeout;
            }
            (void)state_->wait_until(deadline_in(left));
        }
    }

    // ---- the same until a stop is requested, also before the call

    /// True when the result is there, false when a stop was requested first. Runs a deferred call here.
    template <stop_token_like Token>
    [[nodiscard]] bool wait(const Token& token) const {
        auto& s = state_.checked();
        return !token.stop_requested() && s.wait(token);
    }
    /// timeout also when a stop was requested first.
    template <stop_token_like Token, class Rep, class Period>
    future_status wait_for(const Token& token, const std::chrono::duration<Rep, Period>& limit) const {
        if (state_->is_deferred()) {
            return future_status::deferred;
        }
        return !token.stop_requested() && state_->wait_until(token, deadline_after(limit)) ? future_status::ready : future_status::timeout;
    }
    template <stop_token_like Token, class Clock, class Duration>
    future_status wait_until(const Token& token, const std::chrono::time_point<Clock, Duration>& when) const {
        do {
            const future_status how = wait_for(token, time_left(when));
            if (how != future_status::timeout || token.stop_requested()) {
                return how;
            }
        } while (!reached(when));
        return future_status::timeout;
    }

  protected:
    future_base() noexcept = default;
    explicit future_base(state_pointer<future_value<R>> s) noexcept : state_(std::move(s)) {}

    /// Waits, and throws the error if it is one.
    future_value<R>& outcome() const {
        state_->wait();
        state_->rethrow_error();
        return *state_.get();
    }

    state_pointer<future_value<R>> state_;
};

struct future_access;

} // namespace abi

template <class R>
class shared_future;

/// The right to one result. An async call's future waits for the call in its destructor.
template <class R>
class future : private abi::future_base<R> {
    using base = abi::future_base<R>;

  public:
    future() noexcept = default;
    future(const future&) = delete;
    future(future&&) noexcept = default;
    ~future() = default;
    future& operator=(const future&) = delete;
    future& operator=(future&&) noexcept = default;

    /// Hands the state on to a shared_future; this is not valid afterwards.
    shared_future<R> share() noexcept { return shared_future<R>(std::move(*this)); }

    /// Waits and brings the value, moved, or the exception. Not valid afterwards, whichever it was.
    R get() {
        const future emptied = std::move(*this);
        if constexpr (std::is_void_v<R>) {
            (void)emptied.outcome();
        } else if constexpr (std::is_reference_v<R>) {
            return static_cast<R>(*emptied.outcome().value());
        } else {
            return std::move(emptied.outcome().value());
        }
    }

    using base::valid;
    using base::wait;
    using base::wait_for;
    using base::wait_until;

  private:
    friend struct abi::future_access;
    friend class shared_future<R>;
    explicit future(abi::state_pointer<abi::future_value<R>> s) noexcept : base(std::move(s)) {}
};

/// A result that many may ask for.
template <class R>
class shared_future : private abi::future_base<R> {
    using base = abi::future_base<R>;

  public:
    shared_future() noexcept = default;
    shared_future(const shared_future&) noexcept = default;
    shared_future(future<R>&& from) noexcept : base(std::move(from.state_)) {} // NOLINT: not explicit, as std's
    shared_future(shared_future&&) noexcept = default;
    ~shared_future() = default;
    shared_future& operator=(const shared_future&) noexcept = default;
    shared_future& operator=(shared_future&&) noexcept = default;

    /// Waits and brings the value, which stays where it is, or the exception.
    decltype(auto) get() const {
        if constexpr (std::is_void_v<R>) {
            (void)this->outcome();
        } else if constexpr (std::is_reference_v<R>) {
            return static_cast<R>(*this->outcome().value());
        } else {
            return static_cast<const R&>(this->outcome().value());
        }
    }

    using base::valid;
    using base::wait;
    using base::wait_for;
    using base::wait_until;
};

/// For weft's own templates.
struct abi::future_access {
    /// A future of a state, of which it takes over one hold.
    template <class R>
    static future<R> make(future_value<R>* held) noexcept {
        return future<R>(state_pointer<future_value<R>>(held));
    }
    /// The one future of a promise's or a task's state.
    template <class R, class State>
    static future<R> retrieve(const state_pointer<State>& from) {
        from->retrieve();
        from->hold();
        return make<R>(from.get());
    }
};

} // namespace weft
