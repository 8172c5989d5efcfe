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
        iovec places[most_places];
        std::size_t n = 0;
        {
            kernel::guard hold(lock_);
            base::check(out_ >= count, "a stack pool got back more stacks than it gave");
            const std::size_t now = std::min(count, batch);
            if (warm_count_ + now > warm_limit_) {
                set_aside_locked(set_aside_a_step);
            }
            for (std::size_t i = 0; i < now; ++i) {
                if (warm_count_ == warm_limit_) { // a limit below a batch
                    set_aside_locked(1);
                }
                warm_[(warm_begin_ + warm_count_) % warm_limit_] = tops[i];
                ++warm_count_;
            }
            tops += now;
            count -= now;
            out_ -= now;
            if (warm_count_ + leaving_count_ > warm_limit_) {
                n = leave_locked(places, most_places);
            } else if (surplus_is_due_locked()) {
                n = leave_locked(places, places_a_step);
            }
        }
        cool(places, n);
    }
}

/// Sets a little surplus aside, and says whether a step of giving back is due, though we are busy.
bool stack_pool::surplus_is_due_locked() noexcept {
    if (warm_count_ <= never_surplus_ && leaving_count_ == 0) {
        return false;
    }
    const std::uint64_t now = kernel::monotonic_ns();
    end_period_locked(now);
    set_surplus_aside_locked(set_aside_a_release);
    if (surplus_ != 0 || leaving_count_ == 0 || now < next_cooling_) {
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
    iovec places[places_a_step];
    std::size_t n = 0;
    bool more = false;
    {
        kernel::guard hold(lock_);
        end_period_locked(now);
        if (surplus_ != 0) {
            set_surplus_aside_locked(set_aside_a_step);
        } else {
            n = leave_locked(places, places_a_step);
        }
        more = surplus_ != 0 || leaving_count_ != 0;
    }
    cool(places, n);
    return more;
}

void stack_pool::set_surplus_aside_locked(std::size_t most) noexcept {
    const std::size_t n = std::min(surplus_, most);
    surplus_ -= n;
    set_aside_locked(n);
}

/// Up to `most` of those that were unused longest.
void stack_pool::set_aside_locked(std::size_t most) noexcept {
    for (most = std::min(most, warm_count_); most != 0; --most) {
        void* const top = warm_[warm_begin_];
        warm_begin_ = (warm_begin_ + 1) % warm_limit_;
        --warm_count_;
        const slab& home = slab_of(top);
        const std::size_t index = static_cast<std::size_t>(end_of(top) - home.begin) / stack_size_ - 1;
        leaving_.begin()[home.first_word + index / bits_a_word] |= std::uint64_t{1} << (index % bits_a_word);
        ++leaving_count_;
    }
    note_fewer_warm_locked();
}

/// Whoever takes warm stacks: neither the low-water mark nor what is left of the last surplus is more than there are.
void stack_pool::note_fewer_warm_locked() noexcept {
    least_warm_ = std::min(least_warm_, warm_count_);
    surplus_ = std::min(surplus_, warm_count_ > never_surplus_ ? warm_count_ - never_surplus_ : 0);
}

/// The slab in which the memory below `at` lies.
const stack_pool::slab& stack_pool::slab_of(const void* at) noexcept {
    const auto begins_above = [](const void* address, const slab& s) { return address <= s.begin; };
    return std::upper_bound(slabs_.begin(), slabs_.end(), at, begins_above)[-1];
}

/// The next of those set aside, up to `most` that lie side by side; there is one.
stack_pool::run stack_pool::take_run_locked(std::size_t most) noexcept {
    for (;;) {
        const slab& s = slabs_.begin()[leaving_slab_];
        std::uint64_t* const words = leaving_.begin() + s.first_word;
        const std::size_t stacks = s.size / stack_size_;
        const std::size_t first = next_set_bit(words, leaving_index_, stacks);
        if (first == stacks) {
            leaving_slab_ = (leaving_slab_ + 1) % slabs_.size();
            leaving_index_ = 0;
            continue;
        }
        std::size_t end = first;
        while (end < stacks && end - first < most && (words[end / bits_a_word] >> (end % bits_a_word) & 1) != 0) {
            words[end / bits_a_word] &= ~(std::uint64_t{1} << (end % bits_a_word));
            ++end;
        }
        leaving_index_ = end;
        leaving_count_ -= end - first;
        return {&s, first, end - first};
    }
}

std::size_t stack_pool::take_leaving_locked(void** into, std::size_t most) noexcept {
    std::size_t n = 0;
    while (n < most && leaving_count_ != 0) {
        const run r = take_run_locked(most - n);
        for (std::size_t i = 0; i < r.count; ++i) {
            into[n++] = top_in(*r.home, r.first + i);
        }
    }
    return n;
}

/// Takes out what leaves in this step: places of neighbours, without the lowest one's guard. The guards between them stay (guard_page.hpp).
std::size_t stack_pool::leave_locked(iovec* places, std::size_t most) noexcept {
    std::size_t n = 0;
    for (std::size_t stacks = 0; n < most && stacks < leave_a_step && leaving_count_ != 0; ++n) {
        const run r = take_run_locked(leave_a_step - stacks);
        stacks += r.count;
        places[n] = {r.home->begin + r.first * stack_size_ + guard_size_, r.count * stack_size_ - guard_size_};
    }
    return n;
}

/// Gives the memory of these places back, without the lock, and then puts the stacks among the cold ones.
void stack_pool::cool(const iovec* places, std::size_t count) noexcept {
    if (count == 0) {
        return;
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        bytes += places[i].iov_len;
    }
    // All in one call: each may cost an interrupt of every CPU that runs us.
    if (count == 1 || kernel::advise_many(places, count, MADV_DONTNEED) != bytes) {
        for (std::size_t i = 0; i < count; ++i) {
            // A refusal (locked memory) leaves the memory where it is; the stacks are as good as before.
            (void)kernel::system_call(SYS_madvise, places[i].iov_base, places[i].iov_len, MADV_DONTNEED);
        }
    }
    kernel::guard hold(lock_);
    for (std::size_t i = count; i > 0; --i) { // from above, so that the lowest is handed out first
        const auto* const low = static_cast<std::byte*>(places[i - 1].iov_base) - guard_size_;
        const slab& home = slab_of(low + 1);
        const std::size_t first = static_cast<std::size_t>(low - home.begin) / stack_size_;
        const std::size_t stacks = (places[i - 1].iov_len + guard_size_) / stack_size_;
        for (std::size_t k = stacks; k > 0; --k) {
            cold_.push_back(top_in(home, first + k - 1));
        }
        trimmed_ += stacks;
    }
}

} // namespace weft::context
