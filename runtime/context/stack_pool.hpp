// SPDX-License-Identifier: MIT
// Stacks for tasks: slabs of equal stacks in one mapping each, a guard page below every stack, last in first out.
//
//   a slab, addresses going up        | guard | stack 0      ^top| guard | stack 1      ^top| ...
//
// A first touch of a page costs microseconds, so a stack that comes back is handed out again before any other. Where the free ones are:
//   warm   came back lately, their memory is still there; at most warm_limit of them, the last to come back handed out first
//   leaving  the same, but their memory is about to go to the kernel
//   cold   came back, and their memory went to the kernel: they cost page faults again
//   fresh  never handed out: the unused end of the newest slab
// acquire looks in that order and makes a slab when all are empty. A slab is as large as all before it together (within limits), so a small runtime
// maps little and a million stacks are a few hundred mappings.
//
// Trim rule: memory stays warm as long as it is of use. What lay here all through 200 ms is surplus, beyond the first 64 MiB of stacks
// (the low-water mark of the interval, as in scheduler/task_depot.hpp). It is given back to the kernel step by step, in an idle runtime by
// tidy(), in a busy one by whoever releases stacks, a step in 10 ms, since each costs some hundred microseconds (MADV_DONTNEED; MADV_FREE
// would leave it in the resident size until memory is short). And at most warm_limit stacks are warm. Giving back at the end of a burst
// itself would make its last tasks wait: 10 us a stack instead of 1 (bench/workload/parked).
// Surplus is first set aside by address, as a bit for each stack, and leaves from the lowest address up: tasks end in any order, and a
// hundred stacks that lie side by side go in 110 us, scattered ones in 1 to 2.5 ms (a flush of the TLB for each place; virtual machine).
//
// Guards. MADV_GUARD_INSTALL (Linux >= 6.13) marks the page table: no mapping is split, so a million guards are no burden. On older
// kernels mprotect, two mappings a stack, as long as our count of them stays below vm.max_map_count less a reserve for everybody
// else. Then acquire refuses and says so: a stack without a guard is never handed out. A guard is installed when its stack is first handed out.
//
// Colours. Equal stacks would have their tops at the same place of every page, hence in the same few sets of the first-level cache. So
// successive tops lie a cache line apart, 32 steps and again: with 16 stacks a switch took 14 ns without and 7.5 with them, with 1,024
// stacks 23 and 12 (bench/micro/switch_bench.cpp). Sixteen steps gain less; more would push tasks of few frames into a second page.
//
// I1  A stack is in one place: out, warm, leaving, cold or fresh, or in a call of cool() on its way to the cold ones.
// I2  cold_ has room for every stack of every slab, so release needs no memory and cannot fail.
// Reference: madvise(2); J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001 (a depot behind per-CPU caches: here the workers').
#pragma once
#include "base/result.hpp"
#include "context/mapped_array.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/uio.h>

namespace weft::context {

enum class guard_method { automatic, advice, mprotect };

struct stack_pool_options {
    std::size_t stack_size = 64 * 1024; // bytes, guard page included; rounded up to pages
    guard_method guards = guard_method::automatic; // tests force one
    std::size_t map_budget = 0;         // mappings that mprotect's guards may use in this process; 0: from vm.max_map_count
    std::size_t warm_limit = 0;         // 0: 8 GiB of stacks, at least 16 and at most 131072
};

struct stack_pool_stats {
    std::size_t out = 0;          // handed out (a worker's cache counts as out)
    std::size_t warm = 0;         // with those that are leaving
    std::size_t cold = 0;         // also those whose guard was refused
    std::size_t fresh = 0;
    std::size_t slabs = 0;
    std::size_t made = 0;         // stacks in all slabs: out + warm + cold + fresh, and those on their way between them
    std::size_t mapped = 0;       // bytes of address space
    std::size_t trimmed = 0;      // stacks whose memory went back to the kernel, ever
    guard_method method = guard_method::advice; // in use
};

class stack_pool {
  public:
    /// Maps nothing but its tables. Throws std::bad_alloc.
    explicit stack_pool(stack_pool_options options);
    /// Unmaps every slab. Panics when a stack is still out.
    ~stack_pool();
    stack_pool(const stack_pool&) = delete;
    stack_pool& operator=(const stack_pool&) = delete;

    /// Puts up to `wanted` stack tops (16-byte aligned) into `into`; returns how many, 0 with *why filled when the kernel refuses.
    /// May block the kernel thread for as long as the kernel takes to map memory.
    [[nodiscard]] std::size_t acquire(void** into, std::size_t wanted, base::refusal* why) noexcept;
    /// Takes stacks back; the last in `tops` is the warmest. Never fails.
    void release(void* const* tops, std::size_t count) noexcept;
    /// When tidy() has something to do; kernel::never when there is no surplus.
    [[nodiscard]] std::uint64_t tidy_due() noexcept;
    /// A step of giving surplus back, if it is time: some hundred microseconds. False when there is nothing more to do now.
    bool tidy(std::uint64_t now) noexcept;
    /// Bytes below a top that may be used.
    [[nodiscard]] std::size_t usable_size() const noexcept { return stack_size_ - guard_size_ - (colours - 1) * colour_step; }
    /// The guard page of a stack; a fault in guard_size() bytes from there on is an overflow of that stack.
    [[nodiscard]] std::byte* guard_of(void* top) const noexcept { return end_of(top) - stack_size_; }
    [[nodiscard]] std::size_t guard_size() const noexcept { return guard_size_; }
    [[nodiscard]] stack_pool_stats stats() const noexcept;

  private:
    struct slab {
        std::byte* begin;
        std::size_t size;
        std::size_t first_word; // of its bits in leaving_
    };
    struct run { // stacks side by side
        const slab* home;
        std::size_t first; // index in the slab
        std::size_t count;
    };
    static constexpr std::size_t colours = 32;
    static constexpr std::size_t colour_step = 64;    // a cache line
    static constexpr std::size_t batch = 32;          // stacks a system call
    static constexpr std::size_t bits_a_word = 64;
    static constexpr std::size_t set_aside_a_step = 1024;
    static constexpr std::size_t set_aside_a_release = 128;
    static constexpr std::size_t leave_a_step = 128;  // stacks,
    static constexpr std::size_t places_a_step = 16;  // and places in which they lie;
    static constexpr std::size_t most_places = 32;    // when there are too many warm ones
    static constexpr std::size_t prefault_from = 512; // stacks out

    /// The end of the memory whose coloured top this is, a multiple of the page size.
    [[nodiscard]] std::byte* end_of(void* top) const noexcept {
        const auto up = -reinterpret_cast<std::uintptr_t>(top) & (guard_size_ - 1);
        return static_cast<std::byte*>(top) + up;
    }
    [[nodiscard]] std::size_t take_free_locked(void** into, std::size_t wanted) noexcept;
    [[nodiscard]] base::result<void> add_slab_locked() noexcept;
    [[nodiscard]] base::result<void> guard_stack(void* top) noexcept;
    [[nodiscard]] std::size_t guard_new(void** tops, std::size_t count, base::refusal* why) noexcept;
    void prefault(void* const* tops, std::size_t count) const noexcept;
    [[nodiscard]] bool surplus_is_due_locked() noexcept;
    /// The surplus of a period that has ended; then the next one begins.
    void end_period_locked(std::uint64_t now) noexcept;
    void set_surplus_aside_locked(std::size_t most) noexcept;
    void set_aside_locked(std::size_t most) noexcept;
    void note_fewer_warm_locked() noexcept;
    [[nodiscard]] run take_run_locked(std::size_t most) noexcept;
    [[nodiscard]] std::size_t take_leaving_locked(void** into, std::size_t most) noexcept;
    [[nodiscard]] std::size_t leave_locked(iovec* places, std::size_t most) noexcept;
    [[nodiscard]] const slab& slab_of(const void* at) noexcept;
    [[nodiscard]] void* top_in(const slab& s, std::size_t index) const noexcept;
    void cool(const iovec* places, std::size_t count) noexcept;

    const std::size_t guard_size_;  // one page
    const std::size_t stack_size_;
    const guard_method method_;
    const std::size_t map_budget_;
    const std::size_t warm_limit_;
    const std::size_t never_surplus_; // so many warm stacks stay
    const std::unique_ptr<void*[]> warm_; // ring of warm_limit_ tops; guarded by lock_

    mutable kernel::lock lock_;
    std::size_t warm_begin_ = 0;       // guarded by lock_: index of the longest unused
    std::size_t warm_count_ = 0;       // guarded by lock_
    std::size_t least_warm_ = 0;       // guarded by lock_: since this period began
    std::size_t surplus_ = 0;          // guarded by lock_: to be given back, from the last period
    std::uint64_t period_end_ = 0;     // guarded by lock_
    std::uint64_t next_cooling_ = 0;   // guarded by lock_
    mapped_array<void*> cold_;         // guarded by lock_; the lowest bit is set when the stack has no guard yet
    mapped_array<slab> slabs_;         // guarded by lock_; by address
    mapped_array<std::uint64_t> leaving_; // guarded by lock_: a bit for each stack of each slab
    std::size_t leaving_count_ = 0;    // guarded by lock_
    std::size_t leaving_slab_ = 0;     // guarded by lock_: where the next of them is looked for
    std::size_t leaving_index_ = 0;    // guarded by lock_: the same, within that slab
    std::byte* fresh_ = nullptr;       // guarded by lock_: begin of the first stack never handed out
    std::size_t fresh_count_ = 0;      // guarded by lock_
    std::size_t made_ = 0;             // guarded by lock_: stacks in all slabs
    std::size_t mapped_ = 0;           // guarded by lock_
    std::size_t out_ = 0;              // guarded by lock_
    std::size_t trimmed_ = 0;          // guarded by lock_
    std::atomic<std::size_t> guard_maps_{0}; // mappings that our guards cost; atomic, see mo
};

} // namespace weft::context
