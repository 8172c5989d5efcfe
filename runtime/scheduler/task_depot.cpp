// SPDX-License-Identifier: MIT
#include "scheduler/task_depot.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/memory.hpp"
#include "kernel/syscall.hpp"
#include <algorithm>
#include <bit>
#include <new>
#include <sys/mman.h>

namespace weft::scheduler {

constinit task_depot the_task_depot;

namespace {
bool refused(long answer) noexcept {
    return answer < 0 && answer > -4096;
}
constexpr std::uint64_t bit(std::size_t index) noexcept {
    return std::uint64_t{1} << index;
}
} // namespace

// ---- the geometry of a slab

std::size_t task_depot::pages_a_slab() noexcept {
    return std::clamp<std::size_t>(slab_size / kernel::page_size(), 1, most_pages);
}

std::size_t task_depot::blocks_before(std::size_t page_index) noexcept {
    return page_index == 0 ? header_blocks : page_index * (blocks_a_slab / pages_a_slab());
}

std::size_t task_depot::blocks_of(std::size_t page_index) noexcept {
    return (page_index + 1) * (blocks_a_slab / pages_a_slab()) - blocks_before(page_index);
}

// ---- taking and giving

task* task_depot::take_batch() {
    kernel::guard hold(lock_);
    return pop_batch_locked();
}

void task_depot::give_batch(task* first, std::size_t length) noexcept {
    kernel::guard hold(lock_);
    push_batch_locked(first, length);
}

task* task_depot::take_one() {
    kernel::guard hold(lock_);
    if (!loose_) {
        loose_ = pop_batch_locked();
        loose_count_ = loose_->id;
    }
    task* t = loose_;
    loose_ = t->next;
    --loose_count_;
    return t;
}

void task_depot::give_one(task* t) noexcept {
    kernel::guard hold(lock_);
    t->next = loose_;
    loose_ = t;
    if (++loose_count_ == batch) {
        push_batch_locked(loose_, loose_count_);
        loose_ = nullptr;
        loose_count_ = 0;
    }
}

task* task_depot::pop_batch_locked() {
    if (!batches_) {
        return carve_locked();
    }
    task* first = batches_;
    batches_ = static_cast<task*>(first->stack_top);
    const std::size_t left = free() - first->id;
    set_free_locked(left);
    least_ = std::min(least_, left);
    return first;
}

void task_depot::push_batch_locked(task* first, std::size_t length) noexcept {
    first->id = length;
    first->stack_top = batches_;
    batches_ = first;
    set_free_locked(free() + length);
}

/// A batch of what lies with its page.
task* task_depot::carve_locked() {
    least_ = 0;
    if (!stocked_) {
        add_slab_locked();
    }
    slab& s = *stocked_;
    task* first = nullptr;
    std::size_t count = 0;
    while (count < batch && (s.stocked | s.bare) != 0) {
        if (s.stocked == 0) {
            fill_page_locked(s, static_cast<std::size_t>(std::countr_zero(s.bare)));
        }
        const auto index = static_cast<std::size_t>(std::countr_zero(s.stocked));
        page& p = s.pages[index];
        for (; p.free && count < batch; ++count) {
            task* t = p.free;
            p.free = t->next;
            --p.count;
            t->next = first;
            first = t;
        }
        if (!p.free) {
            s.stocked &= ~bit(index);
        }
    }
    if ((s.stocked | s.bare) == 0) {
        leave_stocked_locked(s);
    }
    first->id = count;
    return first;
}

// ---- slabs and pages

void task_depot::add_slab_locked() {
    if (region_left_ == 0) {
        map_region_locked();
    }
    const std::uintptr_t begin = region_;
    region_ += slab_size;
    region_left_ -= slab_size;
    slab& s = *::new (reinterpret_cast<void*>(begin)) slab;
    const std::size_t pages = pages_a_slab();
    s.bare = pages == 64 ? ~std::uint64_t{0} : bit(pages) - 1;
    s.next = slabs_;
    if (slabs_) {
        slabs_->previous = &s;
    }
    slabs_ = &s;
    ++slab_count_;
    enter_stocked_locked(s);
}

/// Memory for slabs, aligned to what it is made for: one slab, or, when there are many, a huge page.
void task_depot::map_region_locked() {
    const bool huge = slab_count_ * slab_size >= huge_page;
    for (const std::size_t size : {huge ? huge_page : slab_size, slab_size}) {
        // Twice the size, and what is not aligned goes back.
        const long answer = kernel::map_memory(2 * size);
        if (refused(answer)) {
            continue;
        }
        const auto mapped = static_cast<std::uintptr_t>(answer);
        const std::uintptr_t begin = (mapped + size - 1) & ~(size - 1);
        if (begin != mapped) {
            kernel::unmap_memory(reinterpret_cast<void*>(mapped), begin - mapped);
        }
        if (const std::uintptr_t end = begin + size; end != mapped + 2 * size) {
            kernel::unmap_memory(reinterpret_cast<void*>(end), mapped + 2 * size - end);
        }
        if (size == huge_page) {
            (void)kernel::system_call(SYS_madvise, reinterpret_cast<void*>(begin), size, MADV_HUGEPAGE);
        }
        region_ = begin;
        region_left_ = size;
        return;
    }
    throw std::bad_alloc();
}

void task_depot::remove_slab_locked(slab& s) noexcept {
    leave_stocked_locked(s);
    (s.previous ? s.previous->next : slabs_) = s.next;
    if (s.next) {
        s.next->previous = s.previous;
    }
    --slab_count_;
    kernel::unmap_memory(&s, slab_size);
}

void task_depot::enter_stocked_locked(slab& s) noexcept {
    s.next_stocked = stocked_;
    s.previous_stocked = nullptr;
    if (stocked_) {
        stocked_->previous_stocked = &s;
    }
    stocked_ = &s;
}

void task_depot::leave_stocked_locked(slab& s) noexcept {
    (s.previous_stocked ? s.previous_stocked->next_stocked : stocked_) = s.next_stocked;
    if (s.next_stocked) {
        s.next_stocked->previous_stocked = s.previous_stocked;
    }
}

/// A bare page becomes a stocked one.
void task_depot::fill_page_locked(slab& s, std::size_t index) noexcept {
    std::byte* const blocks = reinterpret_cast<std::byte*>(&s) + blocks_before(index) * sizeof(task);
    page& p = s.pages[index];
    p.count = blocks_of(index);
    for (std::size_t i = p.count; i > 0; --i) {
        task* t = ::new (blocks + (i - 1) * sizeof(task)) task;
        t->next = p.free;
        p.free = t;
    }
    s.bare &= ~bit(index);
    s.stocked |= bit(index);
}

// ---- tidying

std::uint64_t task_depot::tidy_due() noexcept {
    // mo: relaxed: written under the lock; a hint.
    if (at_it_.load(std::memory_order_relaxed)) {
        return 0;
    }
    if (free() <= keep) {
        return kernel::never;
    }
    kernel::guard hold(lock_);
    if (due_ == kernel::never) {
        due_ = kernel::monotonic_ns() + interval_ns;
        least_ = free();
    }
    return due_;
}

bool task_depot::tidy(std::uint64_t now) noexcept {
    kernel::guard hold(lock_);
    // mo: relaxed, all in here: written under the lock.
    if (!at_it_.load(std::memory_order_relaxed)) {
        if (due_ > now) {
            return false;
        }
        const std::size_t surplus = least_ > keep ? least_ - keep : 0;
        least_ = free();
        due_ = free() - surplus > keep ? now + interval_ns : kernel::never;
        if (surplus == 0) {
            return false;
        }
        to_gather_ = surplus;
        at_it_.store(true, std::memory_order_relaxed); // mo: see above
        to_sweep_ = nullptr;
    }
    if (to_gather_ != 0) {
        gather_locked(batches_a_step);
        to_sweep_ = slabs_;
        return true;
    }
    sweep_locked(slabs_a_step);
    if (!to_sweep_) {
        at_it_.store(false, std::memory_order_relaxed); // mo: see above
    }
    return to_sweep_ != nullptr;
}

void task_depot::tidy_all() noexcept {
    kernel::guard hold(lock_);
    if (free() <= keep) {
        return;
    }
    to_gather_ = free() - keep;
    while (to_gather_ != 0) {
        gather_locked(batches_a_step);
    }
    to_sweep_ = slabs_;
    while (to_sweep_) {
        sweep_locked(slabs_a_step);
    }
    // mo: relaxed: written under the lock.
    at_it_.store(false, std::memory_order_relaxed);
    due_ = kernel::never;
}

/// Blocks of some batches go to the lists of their pages.
void task_depot::gather_locked(std::size_t batches) noexcept {
    const std::size_t page_size = slab_size / pages_a_slab();
    for (; batches != 0 && to_gather_ != 0; --batches) {
        if (!batches_ || free() <= keep) { // others have taken them meanwhile
            to_gather_ = 0;
            return;
        }
        task* t = pop_batch_locked();
        to_gather_ -= std::min<std::size_t>(to_gather_, t->id);
        while (t) {
            task* const next = t->next;
            slab& s = slab_of(t);
            const auto offset = static_cast<std::size_t>(reinterpret_cast<std::byte*>(t) - reinterpret_cast<std::byte*>(&s));
            const std::size_t index = offset / page_size;
            if ((s.stocked | s.bare) == 0) {
                enter_stocked_locked(s);
            }
            s.stocked |= bit(index);
            page& p = s.pages[index];
            t->next = p.free;
            p.free = t;
            ++p.count;
            t = next;
        }
    }
}

/// Complete pages of some slabs go back to the kernel.
void task_depot::sweep_locked(std::size_t slabs) noexcept {
    const std::size_t pages = pages_a_slab();
    for (; slabs != 0 && to_sweep_; --slabs) {
        slab& s = *to_sweep_;
        to_sweep_ = s.next;
        const auto complete = [&](std::size_t i) { return (s.stocked & bit(i)) != 0 && s.pages[i].count == blocks_of(i); };
        // The first page holds the header, so it goes only with the whole slab.
        for (std::size_t i = 1; i < pages; ++i) {
            std::size_t end = i;
            while (end < pages && complete(end)) {
                ++end;
            }
            if (end != i && give_pages_back(s, i, end - i)) {
                for (std::size_t k = i; k < end; ++k) {
                    s.pages[k] = {};
                    s.stocked &= ~bit(k);
                    s.bare |= bit(k);
                }
            }
            i = end;
        }
        const std::uint64_t all = pages == 64 ? ~std::uint64_t{0} : bit(pages) - 1;
        if ((s.bare | 1) == all && ((s.bare & 1) != 0 || complete(0))) {
            remove_slab_locked(s);
        }
    }
}

/// Refused (locked memory), they stay as they are.
bool task_depot::give_pages_back(slab& s, std::size_t first, std::size_t count) noexcept {
    const std::size_t size = slab_size / pages_a_slab();
    return kernel::system_call(SYS_madvise, reinterpret_cast<std::byte*>(&s) + first * size, count * size, MADV_DONTNEED) == 0;
}

depot_stats task_depot::stats() noexcept {
    kernel::guard hold(lock_);
    depot_stats all;
    all.in_batches = free();
    for (const slab* s = slabs_; s; s = s->next) {
        ++all.slabs;
        all.bare += static_cast<std::size_t>(std::popcount(s->bare));
        for (const page& p : s->pages) {
            all.stocked += p.count;
        }
    }
    return all;
}

} // namespace weft::scheduler
