// SPDX-License-Identifier: MIT
// How a stack pool takes stacks back, and gives the memory of those that nobody needs to the kernel (the trim rule of stack_pool.hpp).
#include "base/check.hpp"
#include "context/stack_pool.hpp"
#include "kernel/advise_many.hpp"
#include "kernel/clock.hpp"
#include "kernel/memory.hpp"
#include <algorithm>
#include <bit>
#include <sys/mman.h>

namespace weft::context {

namespace {

constexpr std::uint64_t surplus_period_ns = 200'000'000;
constexpr std::uint64_t busy_pause_ns = 10'000'000;

/// The first bit from `from` on that is set, below `end`; `end` when there is none.
std::size_t next_set_bit(const std::uint64_t* words, std::size_t from, std::size_t end) noexcept {
    while (from < end) {
        const std::uint64_t rest = words[from / 64] >> (from % 64);
        if (rest != 0) {
            return from + static_cast<std::size_t>(std::countr_zero(rest));
        }
        from = (from / 64 + 1) * 64;
    }
    return end;
}

} // namespace

void stack_pool::release(void* const* tops, std::size_t count) noexcept {
    while (count != 0) {
        void* leaving[leave_a_step];
        std::size_t leaving_now = 0;
        {
            kernel::guard hold(lock_);
            base::check(out_ >= count, "a stack pool got back more stacks than it gave");
            for (std::size_t n = std::min(count, batch); n != 0; --n) {
                if (warm_count_ == warm_limit_) {
                    leaving_now += take_oldest_locked(leaving + leaving_now, 1);
                }
                warm_[(warm_begin_ + warm_count_) % warm_limit_] = *tops++;
                ++warm_count_;
                --out_;
                --count;
            }
            if (leaving_now != 0) {
                leaving_now += take_oldest_locked(leaving + leaving_now, batch - leaving_now); // once at it: neighbours can go in one call
            } else if (surplus_is_due_locked()) {
                leaving_now = step_locked(leaving);
            }
        }
        cool(leaving, leaving_now);
    }
}

bool stack_pool::surplus_is_due_locked() noexcept {
    if (warm_count_ <= never_surplus_ && leaving_count_ == 0) {
        return false;
    }
    const std::uint64_t now = kernel::monotonic_ns();
    end_period_locked(now);
    if ((surplus_ == 0 && leaving_count_ == 0) || now < next_cooling_) {
        return false;
    }
    next_cooling_ = now + busy_pause_ns;
    return true;
}

void stack_pool::end_period_locked(std::uint64_t now) noexcept {
    if (now >= period_end_) {
        surplus_ = least_warm_ > never_surplus_ ? least_warm_ - never_surplus_ : 0;
        least_warm_ = warm_count_;
        period_end_ = now + surplus_period_ns;
    }
}

std::uint64_t stack_pool::tidy_due() noexcept {
    kernel::guard hold(lock_);
    if (leaving_count_ != 0) {
        return 0;
    }
    return warm_count_ <= never_surplus_ ? kernel::never : surplus_ != 0 ? 0 : period_end_;
}

bool stack_pool::tidy(std::uint64_t now) noexcept {
    void* leaving[leave_a_step];
    std::size_t count = 0;
    bool more = false;
    {
        kernel::guard hold(lock_);
        end_period_locked(now);
        count = step_locked(leaving);
        more = surplus_ != 0 || leaving_count_ != 0;
    }
    cool(leaving, count);
    return more;
}

void stack_pool::trim() noexcept {
    for (;;) {
        void* leaving[leave_a_step];
        std::size_t count = 0;
        {
            kernel::guard hold(lock_);
            if (warm_count_ != 0) {
                set_aside_locked(set_aside_a_step);
            } else if (leaving_count_ == 0) {
                return;
            } else {
                count = take_leaving_locked(leaving, leave_a_step, leave_a_step);
            }
        }
        cool(leaving, count);
    }
}

std::size_t stack_pool::step_locked(void** into) noexcept {
    if (surplus_ == 0) {
        return take_leaving_locked(into, leave_a_step, places_a_step);
    }
    const std::size_t spare = warm_count_ > never_surplus_ ? warm_count_ - never_surplus_ : 0; // there may be fewer by now
    surplus_ = std::min(surplus_, spare);
    const std::size_t n = std::min(surplus_, set_aside_a_step);
    set_aside_locked(n);
    surplus_ -= n;
    return 0;
}

/// Up to `most` of those that were unused longest.
void stack_pool::set_aside_locked(std::size_t most) noexcept {
    for (most = std::min(most, warm_count_); most != 0; --most) {
        void* top = nullptr;
        (void)take_oldest_locked(&top, 1);
        const slab* const beyond = std::upper_bound(slabs_.begin(), slabs_.end(), top, [](void* at, const slab& s) { return at <= s.begin; });
        const slab& home = beyond[-1];
        const std::size_t index = static_cast<std::size_t>(end_of(top) - home.begin) / stack_size_ - 1;
        leaving_.begin()[home.first_word + index / bits_a_word] |= std::uint64_t{1} << (index % bits_a_word);
        ++leaving_count_;
    }
}

std::size_t stack_pool::take_leaving_locked(void** into, std::size_t most, std::size_t places) noexcept {
    std::size_t n = 0;
    while (n < most && leaving_count_ != 0) {
        const slab& s = slabs_.begin()[leaving_slab_];
        std::uint64_t* const words = leaving_.begin() + s.first_word;
        const std::size_t end = s.size / stack_size_;
        const std::size_t index = next_set_bit(words, leaving_index_, end);
        if (index == end) {
            leaving_slab_ = (leaving_slab_ + 1) % slabs_.size();
            leaving_index_ = 0;
            continue;
        }
        const bool neighbours = n != 0 && index != 0 && index == leaving_index_;
        if (!neighbours && places-- == 0) {
            break;
        }
        words[index / bits_a_word] &= ~(std::uint64_t{1} << (index % bits_a_word));
        --leaving_count_;
        into[n++] = top_in(s, index);
        leaving_index_ = index + 1;
    }
    return n;
}

std::size_t stack_pool::take_oldest_locked(void** into, std::size_t wanted) noexcept {
    const std::size_t n = std::min(wanted, warm_count_);
    for (std::size_t i = 0; i < n; ++i) {
        into[i] = warm_[warm_begin_];
        warm_begin_ = (warm_begin_ + 1) % warm_limit_;
    }
    warm_count_ -= n;
    least_warm_ = std::min(least_warm_, warm_count_);
    return n;
}

/// Gives the memory of these stacks back, without the lock, and then puts them among the cold ones.
void stack_pool::cool(void** tops, std::size_t count) noexcept {
    if (count == 0) {
        return;
    }
    // All in one call, and neighbours as one place: each call may cost an interrupt of every CPU that runs us. The guards between
    // neighbours stay (guard_page.hpp).
    std::sort(tops, tops + count);
    iovec places[leave_a_step];
    std::size_t n = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::byte* const low = guard_of(tops[i]) + guard_size_;
        if (i != 0 && guard_of(tops[i]) == end_of(tops[i - 1])) {
            places[n - 1].iov_len += stack_size_;
            bytes += stack_size_;
        } else {
            places[n++] = {low, stack_size_ - guard_size_};
            bytes += stack_size_ - guard_size_;
        }
    }
    if (n == 1 || kernel::advise_many(places, n, MADV_DONTNEED) != bytes) {
        for (std::size_t i = 0; i < n; ++i) {
            // A refusal (locked memory) leaves the memory where it is; the stacks are as good as before.
            (void)kernel::system_call(SYS_madvise, places[i].iov_base, places[i].iov_len, MADV_DONTNEED);
        }
    }
    kernel::guard hold(lock_);
    for (std::size_t i = count; i > 0; --i) {
        cold_.push_back(tops[i - 1]); // so that the lowest is handed out first
    }
    trimmed_ += count;
}

} // namespace weft::context
