// SPDX-License-Identifier: MIT
// Pending timers, earliest first: a 4-ary heap of pointers to intrusive nodes. A pure data structure: no clock,
// no lock, no thread; the caller brings all three.
//
// 4-ary because a node's four children share a cache line of keys, so a pop touches half as many lines as a binary
// heap does. The key is kept beside the pointer for the same reason. A node knows its place, so that it can be
// removed in O(log n) when a wait ends early.
//
// I1  entries_[i].node->place == i + 1 for every i; a node that is in no heap has place 0.
// I2  entries_[i].deadline >= entries_[(i - 1) / 4].deadline.
// Reference: D. B. Johnson, "Priority queues with update and finding minimum spanning trees", 1975 (d-ary heaps).
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace weft::time {

struct timer {
    std::uint64_t deadline = 0;             // nanoseconds of the monotonic clock; r/o while in a heap
    void (*fire)(timer&) noexcept = nullptr; // what to do when it is due; r/o while in a heap
    std::size_t place = 0;                  // guarded by the heap's owner; 0: in no heap
    timer* next = nullptr;                  // for the caller's lists of due timers
};

class timer_heap {
  public:
    bool empty() const noexcept { return entries_.empty(); }
    std::size_t size() const noexcept { return entries_.size(); }
    /// The earliest deadline; the heap must not be empty.
    std::uint64_t earliest() const noexcept { return entries_.front().deadline; }

    /// Room for n timers, so that insert() cannot throw. Throws std::bad_alloc.
    void reserve(std::size_t n) { entries_.reserve(n); }
    /// Room for n, at least for those that are in, and no more; if there is no memory to move to, nothing changes.
    void shrink(std::size_t n) noexcept {
        try {
            std::vector<entry> smaller;
            smaller.reserve(n > entries_.size() ? n : entries_.size());
            smaller.assign(entries_.begin(), entries_.end());
            entries_.swap(smaller);
        } catch (const std::bad_alloc&) { // a wish
        }
    }
    std::size_t capacity() const noexcept { return entries_.capacity(); }

    /// Throws std::bad_alloc; then nothing has changed.
    void insert(timer& t) {
        entries_.push_back({t.deadline, &t});
        rise(entries_.size() - 1);
    }

    /// Takes t out; false when it was not in (it had fired).
    bool remove(timer& t) noexcept {
        if (t.place == 0) {
            return false;
        }
        const std::size_t hole = t.place - 1;
        t.place = 0;
        const entry last = entries_.back();
        entries_.pop_back();
        if (hole < entries_.size()) {
            put(hole, last);
            sink(hole);
            rise(last.node->place - 1);
        }
        return true;
    }

    /// Takes out the earliest timer if it is due at `now`, else null.
    timer* pop_due(std::uint64_t now) noexcept {
        if (entries_.empty() || entries_.front().deadline > now) {
            return nullptr;
        }
        timer* due = entries_.front().node;
        remove(*due);
        return due;
    }

  private:
    struct entry {
        std::uint64_t deadline;
        timer* node;
    };

    void put(std::size_t i, const entry& e) noexcept {
        entries_[i] = e;
        e.node->place = i + 1;
    }

    void rise(std::size_t i) noexcept {
        const entry e = entries_[i];
        while (i > 0) {
            const std::size_t parent = (i - 1) / 4;
            if (entries_[parent].deadline <= e.deadline) {
                break;
            }
            put(i, entries_[parent]);
            i = parent;
        }
        put(i, e);
    }

    void sink(std::size_t i) noexcept {
        const entry e = entries_[i];
        for (;;) {
            const std::size_t first = 4 * i + 1;
            if (first >= entries_.size()) {
                break;
            }
            std::size_t least = first;
            const std::size_t end = first + 4 < entries_.size() ? first + 4 : entries_.size();
            for (std::size_t child = first + 1; child < end; ++child) {
                if (entries_[child].deadline < entries_[least].deadline) {
                    least = child;
                }
            }
            if (entries_[least].deadline >= e.deadline) {
                break;
            }
            put(i, entries_[least]);
            i = least;
        }
        put(i, e);
    }

    std::vector<entry> entries_;
};

} // namespace weft::time
