// SPDX-License-Identifier: MIT
// A bounded work-stealing deque after Chase and Lev: its owner pushes and pops at the bottom, anybody steals at the
// top. No lock, no allocation.
//
//        top                      bottom
//         v                          v
//   [ . | a | b | c | d | e | ...  | . ]     slots are taken modulo Capacity
//         ^ steal()                ^ push()/pop()
//
// Bounded, where the paper grows the array: a worker that spawns without end hands half of its tasks to the injector
// instead (worker::overflow), so memory never grows with a burst and no old array has to be kept for slow thieves.
//
// The owner may also call steal(): then the deque is a first-in-first-out ring (worker uses one so for yields).
//
// I1  top only grows; it is the right to slot[top]: whoever moves it from i to i+1 owns what was in slot[i].
// I2  slot[i] for top <= i < bottom is written, and is not written again before top > i is visible to the owner.
// I3  the last element is contested: pop() then moves top like a thief.
//
// Why seq_cst operations and not fences: pop() must make its claim (bottom - 1) visible before it reads top, and a thief
// must read top before bottom; that is one store-load ordering each, and ThreadSanitizer understands operations, not
// fences. On x86-64 it is one xchg either way.
// EDGE racy-slot-read: a thief reads slot[top] before it owns it; the slot is atomic, so this is a race of atomics only.
// References: D. Chase, Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005, doi:10.1145/1073970.1073974;
// N. M. Le, A. Pop, A. Cohen, F. Zappa Nardelli, "Correct and efficient work-stealing for weak memory models",
// PPoPP 2013, doi:10.1145/2442516.2442524.
#pragma once
#include "base/cache_line.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

template <class T, std::int64_t Capacity>
class deque {
    static_assert((Capacity & (Capacity - 1)) == 0, "Capacity is a power of two");

  public:
    static constexpr std::int64_t capacity = Capacity;

    /// Owner only. False when full: nothing has changed.
    [[nodiscard]] bool push(T* element) noexcept {
        // mo: relaxed: only the owner writes bottom_.
        const std::int64_t b = bottom_.load(std::memory_order_relaxed);
        if (b - known_top_ >= Capacity) {
            // mo: acquire -> steal's CAS of top_: the thief has read the slot that we are about to write (I2).
            known_top_ = top_.load(std::memory_order_acquire);
            if (b - known_top_ >= Capacity) {
                return false;
            }
        }
        // mo: relaxed: published by the store of bottom_ below.
        slot(b).store(element, std::memory_order_relaxed);
        // mo: release -> steal's load of bottom_: publishes slot[b] and what the element points to.
        bottom_.store(b + 1, std::memory_order_release);
        return true;
    }

    /// Owner only. The youngest element, null when empty.
    [[nodiscard]] T* pop() noexcept {
        // mo: relaxed: only the owner writes bottom_.
        const std::int64_t b = bottom_.load(std::memory_order_relaxed) - 1;
        // mo: relaxed: a quick look; top_ only grows, so a deque that looks empty is empty.
        std::int64_t t = top_.load(std::memory_order_relaxed);
        if (t > b) {
            return nullptr;
        }
        if (t == b) {
            return take_last(b); // no claim is needed where top alone decides: one locked instruction less
        }
        // mo: seq_cst -> steal's load of bottom_: our claim comes before our look at top_. Without the order, a thief
        // that read the old bottom_ and we, who read the old top_, would both take slot[b].
        bottom_.exchange(b, std::memory_order_seq_cst);
        // mo: seq_cst -> steal's CAS of top_, see above.
        t = top_.load(std::memory_order_seq_cst);
        if (t < b) {
            // mo: relaxed: we wrote it.
            return slot(b).load(std::memory_order_relaxed);
        }
        T* const element = t == b ? take_last(b) : nullptr;
        // mo: relaxed: back to empty; publishes nothing, a thief that reads it finds top == bottom.
        bottom_.store(b + 1, std::memory_order_relaxed);
        return element;
    }

    /// Owner only. Whether this is the youngest element; then pop() gets it, or null when a thief is faster.
    [[nodiscard]] bool is_youngest(const T* element) noexcept {
        // mo: relaxed, all three: the owner's own words; a thief that moves top_ meanwhile is pop()'s business.
        const std::int64_t b = bottom_.load(std::memory_order_relaxed) - 1;
        return top_.load(std::memory_order_relaxed) <= b && slot(b).load(std::memory_order_relaxed) == element;
    }

    /// Anybody. The oldest element, null when empty or when another was faster.
    [[nodiscard]] T* steal() noexcept {
        // mo: seq_cst -> pop's exchange of bottom_: top before bottom, see pop().
        std::int64_t t = top_.load(std::memory_order_seq_cst);
        // mo: seq_cst -> push's release of bottom_ (slot and element) and pop's exchange.
        if (t >= bottom_.load(std::memory_order_seq_cst)) {
            return nullptr;
        }
        // mo: relaxed: ordered after bottom_ by its acquire half; used only if the CAS makes it ours.
        T* element = slot(t).load(std::memory_order_relaxed);
        // mo: seq_cst -> pop's load of top_, and push's acquire of top_: our read of the slot is done. Failure relaxed.
        if (!top_.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst, std::memory_order_relaxed)) {
            return nullptr;
        }
        return element;
    }

    /// Owner only, of a deque that nobody steals from (a runtime of one worker has no thieves): pop() and steal() without their
    /// locked instructions.
    [[nodiscard]] T* pop_unshared() noexcept {
        // mo: relaxed, all three: the owner's own words; who looks from outside sees a sketch.
        const std::int64_t b = bottom_.load(std::memory_order_relaxed) - 1;
        if (top_.load(std::memory_order_relaxed) > b) {
            return nullptr;
        }
        bottom_.store(b, std::memory_order_relaxed);
        // mo: relaxed: we wrote it.
        return slot(b).load(std::memory_order_relaxed);
    }
    [[nodiscard]] T* steal_unshared() noexcept {
        // mo: relaxed, all three: as in pop_unshared.
        const std::int64_t t = top_.load(std::memory_order_relaxed);
        if (t >= bottom_.load(std::memory_order_relaxed)) {
            return nullptr;
        }
        top_.store(t + 1, std::memory_order_relaxed);
        // mo: relaxed: we wrote it.
        return slot(t).load(std::memory_order_relaxed);
    }

    /// Anybody. How many elements there seem to be.
    [[nodiscard]] std::int64_t size() const noexcept {
        // mo: acquire, both: a sketch for thieves; a caller that needs more fences itself (see idle.hpp).
        const std::int64_t b = bottom_.load(std::memory_order_acquire);
        const std::int64_t t = top_.load(std::memory_order_acquire);
        return b > t ? b - t : 0;
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Anybody. Which element is the oldest: a number that another never has.
    [[nodiscard]] std::uint64_t oldest() const noexcept {
        // mo: relaxed: a sketch, as size().
        return static_cast<std::uint64_t>(top_.load(std::memory_order_relaxed));
    }

  private:
    /// The owner takes slot[b], the last element, as a thief would (I3). Null when a thief was faster.
    T* take_last(std::int64_t b) noexcept {
        std::int64_t t = b;
        // mo: seq_cst -> steal's CAS: one of us gets it. Failure relaxed: we read nothing.
        if (!top_.compare_exchange_strong(t, b + 1, std::memory_order_seq_cst, std::memory_order_relaxed)) {
            return nullptr;
        }
        // mo: relaxed: we wrote it.
        return slot(b).load(std::memory_order_relaxed);
    }

    std::atomic<T*>& slot(std::int64_t i) noexcept { return slots_[i & (Capacity - 1)]; }

    alignas(base::cache_line) std::atomic<std::int64_t> top_{0};    // atomic, see mo
    alignas(base::cache_line) std::atomic<std::int64_t> bottom_{0}; // atomic, written by the owner
    std::int64_t known_top_ = 0;                                    // owner: what it last saw of top_
    alignas(base::cache_line) std::atomic<T*> slots_[Capacity]{};   // atomic, see mo
};

} // namespace weft::scheduler
