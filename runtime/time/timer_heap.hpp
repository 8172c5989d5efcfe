// SPDX-License-Identifier: MIT
// Pending timers, earliest first: a 4-ary heap of pointers to intrusive nodes. A pure data structure: no clock,
// no lock, no thread; the caller brings all three.
//
// 4-ary because a node's four children share a cache line of keys, so a pop touches half as many lines as a binary
// heap does. The key is kept beside the pointer for the same reason. A node knows its place, so that it can be
// removed in O(log n) when a wait ends early.
//
// The entries lie in blocks of a page. One array that doubles would move, under its owner's lock, and every page of the new one be touched for
// the first time: 4 to 6 ms at 30,000 timers, and each timer due meanwhile is late by that.
//
// I1  at(i).node->place == i + 1 for every i; a node that is in no heap has place 0.
// I2  at(i).deadline >= at((i - 1) / 4).deadline.
// Reference: D. B. Johnson, "Priority queues with update and finding minimum spanning trees", 1975 (d-ary heaps).
#pragma once
#include "base/cache_line.hpp"
#include <cstddef>
#include <cstdint>
#include <memory>
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
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    /// The earliest deadline; the heap must not be empty.
    std::uint64_t earliest() const noexcept { return at(0).deadline; }

    /// Room for n timers, so that insert() cannot throw. Throws std::bad_alloc.
    void reserve(std::size_t n) {
        while (capacity() < n) {
            blocks_.push_back(std::make_unique_for_overwrite<block>());
        }
    }
    /// Room for n, at least for those that are in, and little more.
    void shrink(std::size_t n) noexcept {
        n = n > size_ ? n : size_;
        while (capacity() >= n + block_entries) {
            blocks_.pop_back();
        }
    }
    std::size_t capacity() const noexcept { return blocks_.empty() ? 0 : blocks_.size() * block_entries - before_root; }

    /// Throws std::bad_alloc; then nothing has changed.
    void insert(timer& t) {
        reserve(size_ + 1);
        put(size_, {t.deadline, &t});
        rise(size_++);
    }

    /// Takes t out; false when it was not in (it had fired).
    bool remove(timer& t) noexcept {
        if (t.place == 0) {
            return false;
        }
        const std::size_t hole = t.place - 1;
        t.place = 0;
        const entry last = at(--size_);
        if (hole < size_) {
            put(hole, last);
            sink(hole);
            rise(last.node->place - 1);
        }
        return true;
    }

    /// Takes out the earliest timer if it is due at `now`, else null.
    timer* pop_due(std::uint64_t now) noexcept {
        if (empty() || earliest() > now) {
            return nullptr;
        }
        timer* due = at(0).node;
        remove(*due);
        return due;
    }

  private:
    struct entry {
        std::uint64_t deadline;
        timer* node;
    };
    static constexpr std::size_t block_entries = 256;
    static constexpr std::size_t before_root = 3; // unused, so that four children begin a cache line
    struct alignas(base::cache_line) block {
        entry entries[block_entries];
    };

    entry& at(std::size_t i) noexcept { return blocks_[(i + before_root) / block_entries]->entries[(i + before_root) % block_entries]; }
    const entry& at(std::size_t i) const noexcept {
        return blocks_[(i + before_root) / block_entries]->entries[(i + before_root) % block_entries];
    }

    void put(std::size_t i, const entry& e) noexcept {
        at(i) = e;
        e.node->place = i + 1;
    }

    void rise(std::size_t i) noexcept {
        const entry e = at(i);
        while (i > 0) {
            const std::size_t parent = (i - 1) / 4;
            if (at(parent).deadline <= e.deadline) {
                break;
            }
            put(i, at(parent));
            i = parent;
        }
        put(i, e);
    }

    void sink(std::size_t i) noexcept {
        const entry e = at(i);
        for (;;) {
            const std::size_t first = 4 * i + 1;
            if (first >= size_) {
                break;
            }
            std::size_t least = first;
            const std::size_t end = first + 4 < size_ ? first + 4 : size_;
            for (std::size_t child = first + 1; child < end; ++child) {
                if (at(child).deadline < at(least).deadline) {
                    least = child;
                }
            }
            if (at(least).deadline >= e.deadline) {
                break;
            }
            put(i, at(least));
            i = least;
        }
        put(i, e);
    }

    std::vector<std::unique_ptr<block>> blocks_;
    std::size_t size_ = 0;
};

} // namespace weft::time
