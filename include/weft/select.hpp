// SPDX-License-Identifier: MIT
// select: waits for the first of several operations on channels, a time, or a stop request, does that one alone, and runs its handler.
//
//   weft::select(weft::on_receive(results, [&](weft::received<int> v) { if (v) { sum += *v; } }),
//                weft::on_send(requests, next, [&] { ++sent; }),
//                weft::on_timeout(10ms, [&] { ++idle; }),
//                weft::on_stop(token, [&] { running = false; }));
//
// Of several operations that are ready, each is as likely. A stop that was requested before the call wins over all of them, and they
// win over a time that has come. With otherwise(...) it never waits. An operation that is not chosen moves nothing, and its handler
// does not run. A case on an empty channel handle is never chosen. The same channel may be in several cases, and for sending and
// receiving: it does not meet itself.
#pragma once
#include <weft/channel.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {

struct no_handler {
    void operator()() const noexcept {}
};

template <class T, class F>
struct receive_case {
    static constexpr bool on_channel = true, may_wait = true;
    channel_core* channel;
    F handler;
    received<T> value{};

    void prepare(channel_case& c) noexcept {
        c.channel = channel;
        c.value = value.address();
    }
    void finish(channel_status status) {
        value.settle(status);
        if constexpr (std::is_invocable_v<F&, received<T>>) {
            std::invoke(handler, std::move(value));
        } else {
            std::invoke(handler);
        }
    }
};

template <class T, class F>
struct send_case {
    static constexpr bool on_channel = true, may_wait = true;
    channel_core* channel;
    T* value; // the caller's, or own
    F handler;

    void prepare(channel_case& c) noexcept {
        c.channel = channel;
        c.value = value;
        c.sends = true;
    }
    void finish(channel_status status) {
        if constexpr (std::is_invocable_v<F&, channel_status>) {
            std::invoke(handler, status);
        } else {
            if (status != channel_status::done) {
                refuse_closed_send();
            }
            std::invoke(handler);
        }
    }
};

template <class T, class F>
struct send_copy_case : send_case<T, F> {
    T own;
    send_copy_case(channel_core* to, const T& of, F f) : send_case<T, F>{to, nullptr, std::move(f)}, own(of) {}
    void prepare(channel_case& c) noexcept {
        this->value = std::addressof(own);
        send_case<T, F>::prepare(c);
    }
};

template <class Clock, class Duration, class F>
struct deadline_case {
    static constexpr bool on_channel = false, may_wait = true;
    std::chrono::time_point<Clock, Duration> when;
    F handler;
    [[nodiscard]] std::uint64_t deadline() const {
        return deadline_at(when);
    }
    [[nodiscard]] bool reached() const { return abi::reached(when); } // a clock that is not steady is asked again
    void finish(channel_status) { std::invoke(handler); }
};

template <class F>
struct timeout_case {
    static constexpr bool on_channel = false, may_wait = true;
    std::uint64_t until; // CLOCK_MONOTONIC
    F handler;
    [[nodiscard]] std::uint64_t deadline() const noexcept { return until; }
    [[nodiscard]] bool reached() const noexcept { return true; }
    void finish(channel_status) { std::invoke(handler); }
};

template <class Token, class F>
struct stop_case {
    static constexpr bool on_channel = false, may_wait = true;
    Token token;
    F handler;
    using callback = typename stop_callback_for<Token, chooser_stop>::type;
    std::optional<callback> registered{};
    void finish(channel_status) { std::invoke(handler); }
};

template <class F>
struct default_case {
    static constexpr bool on_channel = false, may_wait = false;
    F handler;
    void finish(channel_status) { std::invoke(handler); }
};

template <class Case>
concept case_with_deadline = requires(const Case& c) { c.deadline(); };
template <class Case>
concept case_with_token = requires(Case& c) { c.registered; };

/// One select at work. Ready cases are looked for afresh in each round, since a round may end without a choice: a move failed on
/// the other side, or a clock was put back.
template <class... Cases>
class selection {
    static constexpr std::size_t count = sizeof...(Cases), none = count;
    static constexpr bool may_wait = (Cases::may_wait && ...);

  public:
    explicit selection(Cases&... cases) noexcept : cases_(cases...) {}

    std::size_t run() {
        for (;;) {
            chooser who;
            const std::size_t index = round(who);
            if (index != none) {
                return index;
            }
        }
    }

  private:
    std::size_t round(chooser& who) {
        registration registered{cases_};
        std::size_t stopped = none;
        if constexpr ((case_with_token<Cases> || ...)) {
            stopped = register_stops(who, std::index_sequence_for<Cases...>());
        }
        if (stopped != none) {
            registered.end();
            return finish(stopped, channel_status::stopped);
        }
        std::array<channel_case, count> operations{};
        std::array<channel_case*, count> order{};
        std::array<std::uint64_t, count> deadlines;
        deadlines.fill(channel_no_deadline);
        prepare(operations, deadlines, std::index_sequence_for<Cases...>());
        const auto earliest = std::min_element(deadlines.begin(), deadlines.end());
        const choice made = choose(operations.data(), order.data(), count, who, {may_wait, *earliest});
        registered.end();
        if (made.again) {
            return none;
        }
        if (made.chosen) {
            return finish(static_cast<std::size_t>(made.chosen - operations.data()), made.status);
        }
        if (made.status == channel_status::timed_out) {
            const auto index = static_cast<std::size_t>(earliest - deadlines.begin());
            return reached(index, std::index_sequence_for<Cases...>()) ? finish(index, made.status) : none;
        }
        return finish(other(made.status, std::index_sequence_for<Cases...>()), made.status);
    }

    /// Takes the stop callbacks back before the chooser goes, whichever way a round is left.
    struct registration {
        std::tuple<Cases&...>& cases;
        ~registration() { end(); }
        void end() noexcept {
            std::apply([](auto&... c) { (reset(c), ...); }, cases);
        }
        template <class Case>
        static void reset(Case& c) noexcept {
            if constexpr (case_with_token<Case>) {
                c.registered.reset();
            }
        }
    };

    /// The first case whose stop was requested already, else all are registered.
    template <std::size_t... I>
    std::size_t register_stops(chooser& who, std::index_sequence<I...>) {
        std::size_t stopped = none;
        ((stopped == none && is_stopped(std::get<I>(cases_)) ? void(stopped = I) : void()), ...);
        if (stopped == none) {
            (register_stop(std::get<I>(cases_), who), ...);
        }
        return stopped;
    }
    template <class Case>
    static bool is_stopped(const Case& c) noexcept {
        if constexpr (case_with_token<Case>) {
            return c.token.stop_requested();
        } else {
            return false;
        }
    }
    template <class Case>
    static void register_stop(Case& c, chooser& who) {
        if constexpr (case_with_token<Case>) {
            c.registered.emplace(c.token, chooser_stop{&who});
        }
    }

    template <std::size_t... I>
    void prepare(std::array<channel_case, count>& operations, std::array<std::uint64_t, count>& deadlines,
                 std::index_sequence<I...>) {
        (prepare_one(std::get<I>(cases_), operations[I], deadlines[I]), ...);
    }
    template <class Case>
    static void prepare_one(Case& c, channel_case& operation, std::uint64_t& deadline) {
        if constexpr (Case::on_channel) {
            c.prepare(operation);
        } else if constexpr (case_with_deadline<Case>) {
            deadline = c.deadline();
        }
    }

    template <std::size_t... I>
    bool reached(std::size_t index, std::index_sequence<I...>) {
        bool yes = false;
        ((index == I ? void(yes = has_reached(std::get<I>(cases_))) : void()), ...);
        return yes;
    }
    template <class Case>
    static bool has_reached(const Case& c) {
        if constexpr (case_with_deadline<Case>) {
            return c.reached();
        } else {
            return false;
        }
    }

    /// The case that a status other than an operation's belongs to.
    template <std::size_t... I>
    std::size_t other(channel_status status, std::index_sequence<I...>) {
        std::size_t found = none;
        ((found == none && answers(std::get<I>(cases_), status) ? void(found = I) : void()), ...);
        return found;
    }
    template <class Case>
    static bool answers(const Case& c, channel_status status) noexcept {
        if constexpr (case_with_token<Case>) {
            return status == channel_status::stopped && c.token.stop_requested();
        } else {
            return status == channel_status::would_block && !Case::may_wait;
        }
    }

    std::size_t finish(std::size_t index, channel_status status) {
        finish_one(index, status, std::index_sequence_for<Cases...>());
        return index;
    }
    template <std::size_t... I>
    void finish_one(std::size_t index, channel_status status, std::index_sequence<I...>) {
        ((index == I ? std::get<I>(cases_).finish(status) : void()), ...);
    }

    std::tuple<Cases&...> cases_;
};

} // namespace abi

/// Receives from `from`. f gets a received<T>, which is empty when the channel is closed, or nothing if it takes nothing. (By value or by
/// rvalue reference; by reference the value is not moved again.)
template <class T, class Base, class F = abi::no_handler>
auto on_receive(const abi::receiving_end<T, Base>& from, F f = {}) {
    return abi::receive_case<T, F>{from.core(), std::move(f)};
}

/// Sends value, which is moved from when this case is chosen, and must live until select returns. f gets channel_status (done or closed) if it takes one; else, when the
/// channel is closed, select throws channel_error.
template <class T, class Base, class F = abi::no_handler>
auto on_send(const abi::sending_end<T, Base>& to, std::type_identity_t<T>&& value, F f = {}) {
    return abi::send_case<T, F>{to.core(), std::addressof(value), std::move(f)};
}
/// Sends a copy, made at once.
template <class T, class Base, class F = abi::no_handler>
auto on_send(const abi::sending_end<T, Base>& to, const std::type_identity_t<T>& value, F f = {}) {
    return abi::send_copy_case<T, F>(to.core(), value, std::move(f));
}

/// Chosen when `limit` of steady time, counted from the call of on_timeout, is over and nothing else was ready.
template <class Rep, class Period, class F = abi::no_handler>
auto on_timeout(const std::chrono::duration<Rep, Period>& limit, F f = {}) {
    return abi::timeout_case<F>{abi::deadline_after(limit), std::move(f)};
}
/// Chosen when `Clock` says `when` or later.
template <class Clock, class Duration, class F = abi::no_handler>
auto on_deadline(const std::chrono::time_point<Clock, Duration>& when, F f = {}) {
    return abi::deadline_case<Clock, Duration, F>{when, std::move(f)};
}

/// Chosen when a stop is requested by token's source.
template <abi::stop_token_like Token, class F = abi::no_handler>
auto on_stop(Token token, F f = {}) {
    return abi::stop_case<Token, F>{std::move(token), std::move(f)};
}

/// Chosen when nothing else is ready.
template <class F = abi::no_handler>
auto otherwise(F f = {}) {
    return abi::default_case<F>{std::move(f)};
}

/// Waits as the head of this file says and returns the index of the case that was chosen, after its handler has run. Suspends a task,
/// blocks a foreign kernel thread. Throws what the handler or a move of a value throws, channel_error for a send on a closed channel,
/// std::bad_alloc when there is no room for a timer. With no case at all it waits for ever.
template <class... Cases>
std::size_t select(Cases&&... cases) {
    return abi::selection<std::remove_cvref_t<Cases>...>(cases...).run();
}

} // namespace weft
