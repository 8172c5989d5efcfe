// SPDX-License-Identifier: MIT
// Every operation on channels, as one of several: a plain send or receive is a select of one case without a default. (Where a task
// waits in one without a deadline and a stop request, transfer.cpp does the same in fewer steps.)
//
//   1  lock the channels of all cases, in the order of their addresses
//   2  among the cases that are ready choose one, each as likely, do it, unlock: done
//   3  nothing is ready: with a default, or when the deadline has passed, unlock: done
//   4  put every case on its channel's queue, unlock, sleep until the chooser is decided
//   5  take the cases that are still queued off again, each under its channel's lock
//
// Steps 2 and 3 look at all channels at one moment, since all are locked: a default is never taken when one of them was ready at
// every moment.
//
// No deadlock: locks are taken in one order by everybody, 5 and a plain close hold one at a time, and nobody sleeps on a channel or
// fires while holding one. No self-receive: a case is attempted in step 2 only, before any case of its select is on a queue.
// One winner: whoever takes a case off a queue must claim the select's one word. tests/model/select.pml checks the claim, the sleep and
// step 5 in every interleaving.
//
// The cost is that of its cases: n locks, n links, n unlinks, however many others wait on the same channels.
// Reference: the Go runtime's select (two passes under all locks), and J. Reppy, "Concurrent Programming in ML" (events).
#include "scheduler/hopeless.hpp"
#include "sync/channel.hpp"
#include "sync/chooser.hpp"
#include <algorithm>
#include <functional>
#include <optional>

namespace weft::abi {

namespace {

/// Holds the locks of all channels, each once.
class all_locked {
  public:
    all_locked(channel_case** order, std::size_t count) noexcept : order_(order), count_(count) {
        for (std::size_t i = 0; i < count_; ++i) {
            if (first_of_its_channel(i)) {
                order_[i]->channel->lock.acquire();
            }
        }
    }
    all_locked(const all_locked&) = delete;
    all_locked& operator=(const all_locked&) = delete;
    ~all_locked() { release(); }
    void release() noexcept {
        for (; count_ > 0; --count_) {
            if (first_of_its_channel(count_ - 1)) {
                order_[count_ - 1]->channel->lock.release();
            }
        }
    }

  private:
    [[nodiscard]] bool first_of_its_channel(std::size_t i) const noexcept {
        return i == 0 || order_[i - 1]->channel != order_[i]->channel;
    }
    channel_case** const order_;
    std::size_t count_;
};

/// One of the cases that are ready, each as likely, done; null when none is. Wants all locks.
channel_case* attempt_any_locked(channel_case** order, std::size_t count, sync::wake_list& woken) {
    for (;;) {
        channel_case* candidate = nullptr;
        std::size_t ready = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (order[i]->channel->looks_ready_locked(*order[i])) {
                ++ready;
                if (ready == 1 || order[0]->channel->random_below_locked(ready) == 0) {
                    candidate = order[i];
                }
            }
        }
        if (!candidate || candidate->channel->attempt_locked(*candidate, woken)) {
            return candidate;
        }
        // Whoever it saw waiting had been decided elsewhere, and is off the queue now: it looks ready no more.
    }
}

/// For a wait that no partner will ever end.
const char* what_names_no_channel(const channel_case* cases, std::size_t count) noexcept {
    if (count != 1) {
        return "a select without a channel";
    }
    return cases[0].sends ? "a send on an empty channel handle" : "a receive on an empty channel handle";
}

void take_off(channel_case& c) noexcept {
    sync::channel_guard hold(c.channel->lock);
    if (c.queued) {
        c.channel->dequeue_locked(c);
    }
}

} // namespace

choice choose(channel_case* cases, channel_case** order, std::size_t count, chooser& who, const choice_terms& terms) {
    std::size_t named = 0; // cases whose handle names a channel
    for (std::size_t i = 0; i < count; ++i) {
        if (cases[i].channel) {
            cases[i].who = &who;
            order[named++] = &cases[i];
        }
    }
    if (named > 1) {
        std::sort(order, order + named,
                  [](const channel_case* a, const channel_case* b) { return std::less<>()(a->channel, b->channel); });
    }
    const bool expired = terms.deadline != kernel::never && terms.may_wait && kernel::monotonic_ns() >= terms.deadline;
    std::optional<sync::sleep_of_chooser> sleeper;
    {
        sync::wake_list woken;
        all_locked hold(order, named);
        if (channel_case* done = attempt_any_locked(order, named, woken)) {
            return {done, done->status, false};
        }
        if (!terms.may_wait || expired) {
            return {nullptr, expired ? channel_status::timed_out : channel_status::would_block, false};
        }
        sleeper.emplace(who, terms.deadline); // the last that may throw
        for (std::size_t i = 0; i < named; ++i) {
            order[i]->channel->enqueue_locked(*order[i]);
        }
    }
    {
        std::optional<scheduler::hopeless_wait> hopeless;
        if (named == 0 && terms.deadline == kernel::never) {
            hopeless.emplace(what_names_no_channel(cases, count));
        }
        sleeper->sleep();
    }
    // mo: relaxed: sleep() has ordered us after the winner's fire.
    const std::uintptr_t winner = who.winner.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < named; ++i) {
        if (winner != reinterpret_cast<std::uintptr_t>(order[i])) { // the winner took that one off
            take_off(*order[i]);
        }
    }
    if (winner == chooser::timed_out || winner == chooser::stopped) {
        return {nullptr, winner == chooser::stopped ? channel_status::stopped : channel_status::timed_out, false};
    }
    auto* won = reinterpret_cast<channel_case*>(winner);
    return {won, won->status, won->again};
}

} // namespace weft::abi
