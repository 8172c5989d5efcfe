// SPDX-License-Identifier: MIT
#include "context/stack_pool.hpp"
#include "context/sanitizer.hpp"
#include "kernel/advise_many.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/memory.hpp"
#include "kernel/text_file.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sys/mman.h>

namespace weft::context {

namespace {

constexpr std::size_t largest_slab = std::size_t{256} << 20;
constexpr std::size_t smallest_slab_stacks = 16;
constexpr std::size_t warm_bytes = std::size_t{8} << 30;      // of stacks, not of memory: most have touched a page or two
constexpr std::size_t surplus_bytes = std::size_t{64} << 20;  // fewer warm stacks than these are never surplus
constexpr std::size_t maps_a_guard = 2; // the guard's own, and the split of what it was cut from

/// Mappings that the guards of all pools of the process have cost.
std::atomic<std::size_t> guard_maps{0}; // atomic, see mo

std::size_t round_up(std::size_t size, std::size_t unit) noexcept {
    return (size + unit - 1) / unit * unit;
}

guard_method resolved(guard_method wanted) noexcept {
    if (wanted == guard_method::automatic) {
        return kernel::has_guard_advice() ? guard_method::advice : guard_method::mprotect;
    }
    return wanted;
}

/// What vm.max_map_count allows us: an eighth and a thousand more stay for the program, its libraries and its files.
std::size_t map_budget_of_this_machine() noexcept {
    std::uint64_t limit = 65530;
    (void)kernel::read_number("/proc/sys/vm/max_map_count", limit);
    const std::uint64_t reserve = limit / 8 + 1024;
    return limit > reserve ? limit - reserve : 0;
}

/// A cold stack that has no guard yet carries a mark in the lowest bit of its top.
void* mark_unguarded(void* top) noexcept {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(top) | 1);
}
bool is_unguarded(void* top) noexcept {
    return (reinterpret_cast<std::uintptr_t>(top) & 1) != 0;
}
void* without_mark(void* top) noexcept {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{1});
}

bool refused(long answer) noexcept {
    return answer < 0 && answer > -4096;
}

} // namespace

stack_pool::stack_pool(stack_pool_options options)
    : guard_size_(kernel::page_size()),
      stack_size_(round_up(std::max(options.stack_size, 2 * guard_size_), guard_size_)), method_(resolved(options.guards)),
      map_budget_(options.map_budget != 0 ? options.map_budget : map_budget_of_this_machine()),
      warm_limit_(options.warm_limit != 0 ? options.warm_limit
                                          : std::clamp<std::size_t>(warm_bytes / stack_size_, 16, 131'072)),
      never_surplus_(std::clamp<std::size_t>(surplus_bytes / stack_size_, 16, 4096)),
      warm_(std::make_unique_for_overwrite<void*[]>(warm_limit_)) {}

stack_pool::~stack_pool() {
    base::check(out_ == 0, "a stack pool ends while stacks of it are still out");
    for (const slab& s : slabs_) {
        forget_stack_poison(s.begin, s.size);
        kernel::unmap_memory(s.begin, s.size);
    }
    // mo: relaxed: a count; munmap above has already given the mappings back.
    guard_maps.fetch_sub(guard_maps_, std::memory_order_relaxed);
}

std::size_t stack_pool::acquire(void** into, std::size_t wanted, base::refusal* why) noexcept {
    std::size_t taken = 0;
    std::size_t warm = 0;
    bool many = false;
    {
        kernel::guard hold(lock_);
        warm = std::min(wanted, warm_count_ + leaving_count_);
        taken = take_free_locked(into, wanted);
        note_fewer_warm_locked();
        if (taken == 0) {
            if (const auto added = add_slab_locked(); !added.ok()) {
                *why = added.why();
                return 0;
            }
            taken = take_free_locked(into, wanted);
        }
        out_ += taken;
        many = out_ >= prefault_from;
    }
    // Outside of the lock: the kernel needs microseconds.
    const std::size_t good = guard_new(into, taken, why);
    if (good < taken) {
        kernel::guard hold(lock_);
        for (std::size_t i = taken; i > good; --i) {
            cold_.push_back(into[i - 1]); // with its mark, if it has one
        }
        out_ -= taken - good;
    }
    if (many && good > warm) {
        prefault(into + warm, good - warm);
    }
    return good;
}

/// Guards those of `tops` that have none yet and takes their marks off; returns how many, from the first on, are good.
std::size_t stack_pool::guard_new(void** tops, std::size_t count, base::refusal* why) noexcept {
    for (std::size_t at = 0; at < count;) {
        // A batch in one call, if the kernel can; what it does not take is tried one by one.
        iovec guards[batch];
        std::size_t open = 0;
        std::size_t end = at;
        for (; end < count && open < batch; ++end) {
            if (is_unguarded(tops[end])) {
                guards[open++] = {guard_of(without_mark(tops[end])), guard_size_};
            }
        }
        std::size_t guarded = 0;
        if (method_ == guard_method::advice && open > 1) {
            guarded = kernel::advise_many(guards, open, kernel::guard_install_advice) / guard_size_;
        }
        for (; at < end; ++at) {
            if (!is_unguarded(tops[at])) {
                continue;
            }
            if (guarded != 0) {
                --guarded;
            } else if (const auto alone = guard_stack(without_mark(tops[at])); !alone.ok()) {
                *why = alone.why();
                return at;
            }
            tops[at] = without_mark(tops[at]);
        }
    }
    return count;
}

/// Has the kernel map the top page of each, all in one call. Refused or not, the stacks are good.
void stack_pool::prefault(void* const* tops, std::size_t count) const noexcept {
    for (std::size_t at = 0; at < count; at += batch) {
        iovec pages[batch];
        const std::size_t n = std::min(count - at, batch);
        for (std::size_t i = 0; i < n; ++i) {
            pages[i] = {end_of(tops[at + i]) - guard_size_, guard_size_};
        }
        (void)kernel::advise_many(pages, n, kernel::populate_write_advice);
    }
}

std::size_t stack_pool::take_free_locked(void** into, std::size_t wanted) noexcept {
    std::size_t n = 0;
    while (n < wanted && warm_count_ != 0) {
        --warm_count_;
        into[n++] = warm_[(warm_begin_ + warm_count_) % warm_limit_];
    }
    if (n < wanted && leaving_count_ != 0) {
        n += take_leaving_locked(into + n, wanted - n);
    }
    while (n < wanted && !cold_.empty()) {
        into[n++] = cold_.pop_back();
    }
    while (n < wanted && fresh_count_ != 0) {
        --fresh_count_;
        fresh_ += stack_size_;
        into[n++] = mark_unguarded(fresh_ - fresh_count_ % colours * colour_step);
    }
    return n;
}

void* stack_pool::top_in(const slab& s, std::size_t index) const noexcept {
    const std::size_t above = s.size / stack_size_ - 1 - index;
    return s.begin + (index + 1) * stack_size_ - above % colours * colour_step;
}

base::result<void> stack_pool::add_slab_locked() noexcept {
    const std::size_t most = std::max<std::size_t>(largest_slab / stack_size_, 1);
    std::size_t count = std::clamp(made_, std::min(smallest_slab_stacks, most), most);
    if (const auto room = slabs_.reserve(slabs_.size() + 1); !room.ok()) {
        return room.why();
    }
    std::size_t words = 0; // of bits, in leaving_
    for (;; count /= 2) {
        words = (count + bits_a_word - 1) / bits_a_word;
        long at = -ENOMEM;
        if (cold_.reserve(made_ + count).ok() && leaving_.reserve(leaving_.size() + words).ok()) { // I2
            at = kernel::map_memory(count * stack_size_, MAP_NORESERVE | MAP_STACK);
        }
        if (!refused(at)) {
            fresh_ = reinterpret_cast<std::byte*>(at);
            break;
        }
        if (count == 1) { // a smaller slab may fit below RLIMIT_AS: only a single stack's refusal is final
            return base::refusal{static_cast<int>(-at), "mmap of a stack (see RLIMIT_AS, vm.overcommit_memory, vm.max_map_count)"};
        }
    }
    // A huge page would make the first touch of one stack pay for the memory of thirty.
    (void)kernel::system_call(SYS_madvise, fresh_, count * stack_size_, MADV_NOHUGEPAGE);
    slabs_.push_back({fresh_, count * stack_size_, leaving_.size()});
    const auto by_address = [](const slab& a, const slab& b) { return a.begin < b.begin; };
    std::rotate(std::upper_bound(slabs_.begin(), slabs_.end() - 1, slabs_.end()[-1], by_address), slabs_.end() - 1, slabs_.end());
    for (; words != 0; --words) {
        leaving_.push_back(0);
    }
    leaving_slab_ = leaving_index_ = 0; // its number may mean another now
    fresh_count_ = count;
    made_ += count;
    mapped_ += count * stack_size_;
    return {};
}

base::result<void> stack_pool::guard_stack(void* top) noexcept {
    std::byte* const guard = guard_of(top);
    if (method_ == guard_method::advice) {
        const int answer = kernel::install_guard(guard, guard_size_);
        if (answer == 0) {
            return {};
        }
        if (answer != -EINVAL) { // EINVAL: locked memory (mlockall) on some kernels; mprotect can
            return base::refusal{-answer, "madvise(MADV_GUARD_INSTALL) of a stack's guard page"};
        }
    }
    // mo: relaxed: a count that nothing else hangs on.
    if (guard_maps.fetch_add(maps_a_guard, std::memory_order_relaxed) + maps_a_guard > map_budget_) {
        // mo: relaxed: as above.
        guard_maps.fetch_sub(maps_a_guard, std::memory_order_relaxed);
        return base::refusal{ENOMEM, "mprotect of a stack's guard page (the mappings that vm.max_map_count leaves for guards are used "
                                     "up; from Linux 6.13 on guards need none)"};
    }
    const long answer = kernel::system_call(SYS_mprotect, guard, guard_size_, PROT_NONE);
    if (answer != 0) {
        // mo: relaxed: as above.
        guard_maps.fetch_sub(maps_a_guard, std::memory_order_relaxed);
        return base::refusal{static_cast<int>(-answer), "mprotect of a stack's guard page (see vm.max_map_count)"};
    }
    // mo: relaxed: read by the destructor, which whoever destroys has ordered after every call.
    guard_maps_.fetch_add(maps_a_guard, std::memory_order_relaxed);
    return {};
}

stack_pool_stats stack_pool::stats() const noexcept {
    kernel::guard hold(lock_);
    stack_pool_stats s;
    s.out = out_;
    s.warm = warm_count_ + leaving_count_;
    s.cold = cold_.size();
    s.fresh = fresh_count_;
    s.slabs = slabs_.size();
    s.made = made_;
    s.mapped = mapped_;
    s.trimmed = trimmed_;
    s.method = method_;
    return s;
}

} // namespace weft::context
