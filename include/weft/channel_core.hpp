// SPDX-License-Identifier: MIT
// What channel.hpp and select.hpp share with the compiled library: a channel without its type, one operation on it, and the wait for
// one of several. Users need channel_status and channel_error of this; the rest is public because templates are.
//
// A select's decision is one word, its chooser's winner:
//
//               claim by whoever completes case i, under the lock of i's channel
//   undecided ------------------------------------------------------------------> case i --- settle, fire ---> the selector goes on
//       |  claim by the timer or the stop request
//       +-----------------------------------------> timed_out, stopped --- fire ---> the selector goes on
//
// Whoever wins the claim, and nobody else, may touch the selector's memory, until it fires. Illegal to lose: the fire of a won claim.
#pragma once
#include <weft/abi.hpp>
#include <weft/stoppable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace weft {

class stop_token; // stop_token.hpp
template <class Callback>
class stop_callback;

/// How an operation on a channel ended.
enum class channel_status : std::uint8_t {
    done,        ///< sent, or a value came
    closed,      ///< the channel is closed (and, for a receive, has no value left)
    would_block, ///< a try_ form, and it would have had to wait
    timed_out,   ///< the deadline came first
    stopped      ///< a stop was requested first
};

/// What Go calls a panic: a send on a closed channel, a second close, a close of no channel, a capacity that no memory can hold.
class channel_error : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

namespace abi {

struct channel_core;
struct channel_case;

/// How to handle a value whose type the library does not know.
struct element_type {
    std::size_t size;
    std::size_t alignment;
    void (*move)(void* to, void* from);  ///< move-constructs *to; *from stays alive. May throw: then *to is not alive
    void (*destroy)(void* value) noexcept;
};

template <class T>
inline constexpr element_type element_of{
    sizeof(T), alignof(T), [](void* to, void* from) { ::new (to) T(static_cast<T&&>(*static_cast<T*>(from))); },
    [](void* value) noexcept { static_cast<T*>(value)->~T(); }};

/// One wait for one of several things; lives on the waiter's stack.
struct chooser {
    static constexpr std::uintptr_t undecided = 0, timed_out = 1, stopped = 2; // else the channel_case that won
    static constexpr std::uintptr_t nobody = 0, fired = 1;                     // else the abi::waiter that sleeps

    std::atomic<std::uintptr_t> winner{undecided}; // atomic, see the drawing
    std::atomic<std::uintptr_t> event{nobody};     // atomic, see fire, and sleeps() for the other way
    bool asleep = false;                           // r/o once queued: found in a queue, its waiter sleeps, and nobody else decides

    /// In the lock of the one channel that decides: the waiter sleeps by the time anybody else has the lock (runtime/sync/transfer.cpp).
    void sleeps(waiter& w) noexcept {
        asleep = true;
        // mo: relaxed: the channel's lock carries it.
        event.store(reinterpret_cast<std::uintptr_t>(&w), std::memory_order_relaxed);
    }

    chooser() = default;
    chooser(const chooser&) = delete;
    chooser& operator=(const chooser&) = delete;

    /// True for exactly one caller, who must fire.
    [[nodiscard]] bool claim(std::uintptr_t who) noexcept {
        if (asleep) {
            // mo: relaxed: as below; who takes it off the queue is alone.
            winner.store(who, std::memory_order_relaxed);
            return true;
        }
        std::uintptr_t seen = undecided;
        // mo: relaxed, both orders: the winner is alone, and what it writes is carried by fire; the selector's fields came to it
        // through the channel's lock, the timers' lock, or the stop state's own.
        return winner.compare_exchange_strong(seen, who, std::memory_order_relaxed, std::memory_order_relaxed);
    }

    /// The winner's last touch of the selector's memory.
    void fire() noexcept {
        // mo: relaxed: see sleeps(). Else acq_rel: release -> the selector's CAS or load of event: what the winner wrote; acquire -> the
        // same CAS: the waiter.
        const std::uintptr_t sleeps =
            asleep ? event.load(std::memory_order_relaxed) : event.exchange(fired, std::memory_order_acq_rel);
        if (sleeps != nobody) {
            auto* w = reinterpret_cast<waiter*>(sleeps);
            w->wake(w);
        }
    }

    void stop() noexcept {
        if (claim(stopped)) {
            fire();
        }
    }
};

/// One operation that waits, or is about to: a case of a select, or a plain send or receive.
struct channel_case {
    channel_case() = default;
    channel_case(channel_core* on, bool is_send, void* what) noexcept : channel(on), value(what), sends(is_send) {}

    channel_core* channel = nullptr; // r/o; null: an empty handle, never ready
    void* value = nullptr;           // r/o; send: what to move from; receive: raw memory to move into
    bool sends = false;              // r/o
    bool again = false;              // owner: the winner; a move failed on the other side and the operation must begin anew
    bool queued = false;             // guarded by the channel's lock
    channel_status status = channel_status::would_block; // owner: the winner: done or closed
    chooser* who = nullptr;                              // r/o while queued
    channel_case* next = nullptr;                        // guarded by the channel's lock while queued, then the winner's
    channel_case* previous = nullptr;                    // guarded by the channel's lock
};

inline constexpr std::uint64_t channel_no_deadline = ~std::uint64_t{0};

struct choice_terms {
    bool may_wait = true;
    std::uint64_t deadline = channel_no_deadline; // CLOCK_MONOTONIC
};

/// What became of a choice.
struct choice {
    channel_case* chosen = nullptr; ///< null: would_block, timed_out or stopped, as status says
    channel_status status = channel_status::would_block;
    bool again = false; ///< begin anew, with a new chooser
};

/// Throws channel_error when no memory can hold so many, std::bad_alloc when it is refused.
channel_core* make_channel(std::size_t capacity, const element_type& type);
void share_channel(channel_core* c) noexcept;
/// The last one destroys what is still buffered.
void drop_channel(channel_core* c) noexcept;
/// False when it was closed already.
[[nodiscard]] bool close_channel(channel_core* c);
[[nodiscard]] bool channel_closed(channel_core* c);
[[nodiscard]] std::size_t channel_size(channel_core* c);
[[nodiscard]] std::size_t channel_capacity(const channel_core* c) noexcept;

/// Completes one of the cases, uniformly chosen among those that are ready, or waits. `order` is room for count pointers. Suspends a
/// task, blocks a foreign kernel thread, if the terms allow. Throws what a move of the value throws (then nothing has happened), and
/// std::bad_alloc before anything else.
choice choose(channel_case* cases, channel_case** order, std::size_t count, chooser& who, const choice_terms& terms);

/// A plain operation that nothing but the channel ends. Suspends a task, blocks a foreign kernel thread.
channel_status transfer(channel_core* channel, bool sends, void* value);

struct chooser_stop {
    chooser* who;
    void operator()() const noexcept { who->stop(); }
};

/// A plain operation as a select of one case.
inline channel_status operate_as_choice(channel_core* channel, bool sends, void* value, const choice_terms& terms) {
    for (;;) {
        chooser who;
        channel_case one(channel, sends, value);
        channel_case* order = nullptr;
        const choice made = choose(&one, &order, 1, who, terms);
        if (!made.again) {
            return made.status;
        }
    }
}

/// A plain operation, waiting as the terms say.
inline channel_status operate(channel_core* channel, bool sends, void* value, const choice_terms& terms) {
    return terms.may_wait && terms.deadline == channel_no_deadline ? transfer(channel, sends, value)
                                                                   : operate_as_choice(channel, sends, value, terms);
}

template <stop_token_like Token>
channel_status operate(channel_core* channel, bool sends, void* value, const choice_terms& terms, const Token& token) {
    for (;;) {
        if (token.stop_requested()) {
            return channel_status::stopped;
        }
        chooser who;
        channel_case one(channel, sends, value);
        channel_case* order = nullptr;
        const typename stop_callback_for<Token, chooser_stop>::type on_stop(token, chooser_stop{&who});
        const choice made = choose(&one, &order, 1, who, terms);
        if (!made.again) {
            return made.status;
        }
    }
}

} // namespace abi
} // namespace weft
