// SPDX-License-Identifier: MIT
// A channel without its type: a ring of values, and those who wait to send and to receive. Guarded by one lock; select.cpp takes
// several of them, in the order of their addresses.
//
// A value is moved under the lock, so an operation is one moment to everybody else: a channel is never seen between "full" and
// "empty", and a default of a select is taken only if there was an instant at which nothing was ready. Refused: reserving a place under
// the lock and moving outside of it, since then a channel of capacity one is for a while neither ready to send nor to receive.
//
// A queue holds operations that may be decided already, elsewhere: a case of a select whose other case has won, or whose time is up.
// Whoever takes an operation off a queue must claim it first (channel_core.hpp), and goes on to the next if that fails. The owner of a
// decided operation takes it off itself, under the lock, before its memory goes.
//
// A move that throws:
//   the sender's into the ring, or into a waiting receiver's memory   the sender gets it; the receiver has been claimed already, and
//                                                                     is told to begin again
//   the receiver's, out of the ring or out of a waiting sender        the receiver gets it; the sender begins again
//   a receiver's, of a waiting sender's value into the freed place    the sender begins again, and meets it itself, if it comes again;
//                                                                     the next waiting sender gets its turn meanwhile
// So nothing is lost or doubled, and I1 and I2 hold again when the lock is released.
//
// I1  A receiver waits that nobody has claimed  ->  the ring is empty, and every unclaimed waiting sender is a case of the same select.
// I2  A sender waits that nobody has claimed    ->  the ring is full.
// I3  closed  ->  nobody waits who is not claimed.
//
// No lost wake-up: a waiter looks and enqueues itself under one hold of the lock, so every later operation finds it on the queue; who
// takes it off claims it or finds it decided; who claims it fires, once it holds no lock; and the fire is not lost (chooser.hpp).
#pragma once
#include "scheduler/runtime_core.hpp"
#include <cstddef>
#include <cstdint>
#include <weft/channel_core.hpp>

namespace weft::sync {

using abi::channel_case;
using channel_lock = kernel::lock;
using channel_guard = kernel::guard;

/// Written under the channel's lock. A look without it is a hint.
template <class T>
class guarded {
  public:
    operator T() const noexcept { return value_.load(std::memory_order_relaxed); }              // mo: relaxed: the lock orders it
    void operator=(T value) noexcept { value_.store(value, std::memory_order_relaxed); }        // mo: relaxed: the lock orders it

  private:
    std::atomic<T> value_{}; // atomic, see mo
};

/// Cases in the order of their coming. Any can be taken out.
class case_queue {
  public:
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    /// Counts; for tests and dumps.
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t n = 0;
        for (const channel_case* c = head_; c; c = c->next) {
            ++n;
        }
        return n;
    }
    void push_back(channel_case& c) noexcept {
        c.next = nullptr;
        c.previous = tail_;
        (tail_ ? tail_->next : head_) = &c;
        tail_ = &c;
        c.queued = true;
    }
    void remove(channel_case& c) noexcept {
        (c.previous ? c.previous->next : head_) = c.next;
        (c.next ? c.next->previous : tail_) = c.previous;
        c.queued = false;
    }
    /// Takes the first off that is not decided, and claims it; null when there is none. The caller owes it a fire.
    [[nodiscard]] channel_case* claim_front() noexcept {
        while (channel_case* c = head_) {
            remove(*c);
            if (c->who->claim(reinterpret_cast<std::uintptr_t>(c))) {
                return c;
            }
        }
        return nullptr;
    }

  private:
    channel_case* head_ = nullptr;
    channel_case* tail_ = nullptr;
};

/// Claimed operations whose owners are to be woken when no lock is held any more: declare it before the guard.
class wake_list {
  public:
    wake_list() = default;
    wake_list(const wake_list&) = delete;
    wake_list& operator=(const wake_list&) = delete;
    ~wake_list() {
        while (channel_case* c = head_) {
            head_ = c->next; // c is gone after the fire
            c->who->fire();
        }
    }
    void add(channel_case& claimed) noexcept {
        claimed.next = nullptr;
        (tail_ ? tail_->next : head_) = &claimed;
        tail_ = &claimed;
    }

  private:
    channel_case* head_ = nullptr;
    channel_case* tail_ = nullptr;
};

} // namespace weft::sync

struct weft::abi::channel_core {
    channel_core(std::size_t places, const element_type& element);
    channel_core(const channel_core&) = delete;
    channel_core& operator=(const channel_core&) = delete;
    ~channel_core();

    /// A hint, without the lock: the operation would have to wait. Never so for a channel without places, or one that is closed.
    [[nodiscard]] bool seems_to_wait(bool sends) const noexcept {
        return capacity != 0 && !closed && count == (sends ? capacity : 0);
    }

    // All of these want the lock.
    /// Whether the operation would perhaps not wait; a look that moves nothing.
    [[nodiscard]] bool looks_ready_locked(const channel_case& c) const noexcept;
    /// Does it if it need not wait, and says so in its status. Throws what a move throws.
    [[nodiscard]] bool attempt_locked(channel_case& c, sync::wake_list& woken);
    void enqueue_locked(channel_case& c) noexcept { (c.sends ? senders : receivers).push_back(c); }
    void dequeue_locked(channel_case& c) noexcept { (c.sends ? senders : receivers).remove(c); }
    [[nodiscard]] bool close_locked(sync::wake_list& woken) noexcept;
    /// Fewer than bound, each as likely: Lemire's multiply and shift, near enough for a handful of cases.
    [[nodiscard]] std::size_t random_below_locked(std::size_t bound) noexcept;

    sync::channel_lock lock;
    sync::guarded<bool> closed;       // guarded by lock
    sync::guarded<std::size_t> count; // guarded by lock: values in the ring
    std::size_t head = 0;          // guarded by lock: the oldest one's place
    sync::case_queue senders;      // guarded by lock
    sync::case_queue receivers;    // guarded by lock
    std::uint64_t random_state;    // guarded by lock
    const std::size_t capacity;    // r/o
    const element_type type;       // r/o
    std::byte* const ring;         // r/o; what is in it is guarded by lock; null when unbuffered
    std::atomic<std::size_t> handles{1}; // atomic, see share and drop

  private:
    [[nodiscard]] bool send_locked(channel_case& c, sync::wake_list& woken);
    [[nodiscard]] bool receive_locked(channel_case& c, sync::wake_list& woken);
    void refill_locked(sync::wake_list& woken) noexcept;
    [[nodiscard]] void* place(std::size_t i) const noexcept { // the i-th after the oldest
        const std::size_t at = head + i < capacity ? head + i : head + i - capacity;
        return ring + at * type.size;
    }
};
