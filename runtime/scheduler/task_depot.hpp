// SPDX-License-Identifier: MIT
// The common stock of task descriptors behind the workers' caches (task_pool.hpp), and how its memory goes back to the kernel.
//
//   slab, 256 KiB, aligned to its size      | header, blocks | blocks | blocks | ...      a column is a page
//
// Free blocks are in one of these places, and are taken from the first that has one:
//   batches   lists of blocks as the caches gave them back, the last given first: two pointers to trade one. Blocks of many slabs in each.
//   stocked   blocks that lie with their page: what tidying has gathered, and pages that were never handed out
//   bare      pages without memory: never touched, or given back to the kernel (MADV_DONTNEED)
// A new slab is mapped when all three are empty; one with nothing but free blocks is unmapped. From 2 MiB on, slabs are made eight at a
// time in what the kernel is asked to back by a huge page: a first touch then costs a fault in 16,384 tasks instead of one in 32.
//
// Tidying. After a burst of a million tasks the batches hold 128 MB. Who knows how many the next burst wants? The last interval does:
// the fewest free blocks in batches during it (least_) were not needed in it. So at the end of an interval in which more than `keep`
// were free all the time, that surplus is gathered to its pages, and pages that are complete are given back. A load that comes and goes
// within an interval keeps its memory; one that has ended loses it after two at the latest. The timekeeper of a runtime, which is parked, does
// it (carrier::sleep_until), in steps of some ten microseconds, between which it looks whether it is wanted. All that taking and
// giving pay for it is a count a batch. The last runtime to end gives back the surplus at once.
// Rejected: whole slabs only (one live task in 2,000 keeps a slab, but in 32 a page); a list a page at every give (a cache miss a task).
//
// I1  A free block is in exactly one place: a cache, a batch, or its page's list. A bare page has no block.
// I2  A slab with a page that is stocked or bare is on the list of those; no other is.
// Reference: J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001 (the working set of a depot by its low-water mark).
#pragma once
#include "base/cache_line.hpp"
#include "kernel/clock.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <weft/abi.hpp>

namespace weft::scheduler {

using abi::task;

struct depot_stats {
    std::size_t slabs = 0;
    std::size_t in_batches = 0; // blocks
    std::size_t stocked = 0;    // blocks
    std::size_t bare = 0;       // pages
};

class task_depot {
  public:
    static constexpr std::size_t batch = 64;
    static constexpr std::size_t keep = 256 * batch; // blocks, two MiB: never tidied away
    static constexpr std::uint64_t interval_ns = 400'000'000;

    constexpr task_depot() = default;
    task_depot(const task_depot&) = delete;
    task_depot& operator=(const task_depot&) = delete;

    /// A list through `next`; its first block's id is its length, at most `batch`. Throws std::bad_alloc.
    [[nodiscard]] task* take_batch();
    void give_batch(task* first, std::size_t length) noexcept;
    /// Single ones, for threads without a cache.
    [[nodiscard]] task* take_one();
    void give_one(task* t) noexcept;

    /// When tidy() has something to do; never, when there is no surplus. Begins an interval if none runs.
    [[nodiscard]] std::uint64_t tidy_due() noexcept;
    /// One step, if it is time. False when there is nothing more to do now.
    bool tidy(std::uint64_t now) noexcept;
    /// All that is more than `keep`, now: there is nobody left to need it.
    void tidy_all() noexcept;

    [[nodiscard]] depot_stats stats() noexcept;

  private:
    static constexpr std::size_t slab_size = 256 * 1024;
    static constexpr std::size_t most_pages = 64;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static constexpr std::size_t blocks_a_slab = slab_size / sizeof(task);
    static constexpr std::size_t batches_a_step = 4;
    static constexpr std::size_t slabs_a_step = 1;

    struct page {
        task* free = nullptr;
        std::size_t count = 0;
    };
    struct slab {
        slab* next = nullptr;
        slab* previous = nullptr;
        slab* next_stocked = nullptr;
        slab* previous_stocked = nullptr;
        std::uint64_t stocked = 0; // a bit a page
        std::uint64_t bare = 0;    // a bit a page
        page pages[most_pages];
    };
    static constexpr std::size_t header_blocks = (sizeof(slab) + sizeof(task) - 1) / sizeof(task);

    [[nodiscard]] task* pop_batch_locked();
    void push_batch_locked(task* first, std::size_t length) noexcept;
    [[nodiscard]] task* carve_locked();
    void add_slab_locked();
    void map_region_locked();
    void remove_slab_locked(slab& s) noexcept;
    void enter_stocked_locked(slab& s) noexcept;
    void leave_stocked_locked(slab& s) noexcept;
    void fill_page_locked(slab& s, std::size_t index) noexcept;
    void gather_locked(std::size_t batches) noexcept;
    void sweep_locked(std::size_t slabs) noexcept;
    [[nodiscard]] static bool give_pages_back(slab& s, std::size_t first, std::size_t count) noexcept;
    [[nodiscard]] static std::size_t blocks_before(std::size_t page_index) noexcept;
    [[nodiscard]] static std::size_t blocks_of(std::size_t page_index) noexcept;
    [[nodiscard]] static std::size_t pages_a_slab() noexcept;
    [[nodiscard]] static slab& slab_of(const task* t) noexcept {
        return *reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(t) & ~(slab_size - 1));
    }
    void set_free_locked(std::size_t blocks) noexcept {
        // mo: relaxed: written under the lock; tidy_due's look without it is a hint.
        free_.store(blocks, std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t free() const noexcept {
        // mo: relaxed, see above.
        return free_.load(std::memory_order_relaxed);
    }

    kernel::lock lock_;
    task* batches_ = nullptr;       // guarded by lock_; a batch's first block carries the next batch in stack_top, its length in id
    task* loose_ = nullptr;         // guarded by lock_: single blocks of foreign threads
    std::size_t loose_count_ = 0;   // guarded by lock_
    slab* slabs_ = nullptr;         // guarded by lock_
    slab* stocked_ = nullptr;       // guarded by lock_
    std::size_t slab_count_ = 0;    // guarded by lock_
    std::uintptr_t region_ = 0;     // guarded by lock_: address space mapped for the next slabs
    std::size_t region_left_ = 0;   // guarded by lock_
    std::atomic<std::size_t> free_{0}; // blocks in batches; written under lock_, read by anybody
    std::size_t least_ = 0;         // guarded by lock_: the fewest free blocks in this interval
    std::uint64_t due_ = kernel::never; // guarded by lock_: when the interval ends; never: none runs
    std::size_t to_gather_ = 0;     // guarded by lock_: blocks of the surplus that are still in batches
    slab* to_sweep_ = nullptr;      // guarded by lock_: where the look for complete pages goes on
    std::atomic<bool> at_it_{false}; // tidying has begun and not ended; written under lock_, read by anybody
};

extern constinit task_depot the_task_depot;

} // namespace weft::scheduler
