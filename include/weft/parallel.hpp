// SPDX-License-Identifier: MIT
// parallel_for and parallel_reduce: a range in halves, by fork_join, down to `grain` elements.
//
// A split costs some nanoseconds when nobody is idle, so splitting goes on below what the workers need: whoever runs out of work is
// given the largest part that is left. With grain 0 a leaf is 1/32 of a worker's share, at least one element.
#pragma once
#include <weft/fork_join.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>

namespace weft {
namespace abi {

template <class I>
[[nodiscard]] std::size_t range_size(I first, I last) {
    if constexpr (std::is_integral_v<I>) {
        using bits = std::make_unsigned_t<I>;
        return first < last ? static_cast<std::size_t>(static_cast<bits>(static_cast<bits>(last) - static_cast<bits>(first))) : 0;
    } else {
        return first < last ? static_cast<std::size_t>(last - first) : 0;
    }
}

template <class I>
[[nodiscard]] I range_at(I first, std::size_t k) {
    if constexpr (std::is_integral_v<I>) {
        using bits = std::make_unsigned_t<I>;
        return static_cast<I>(static_cast<bits>(static_cast<bits>(first) + static_cast<bits>(k)));
    } else {
        return first + static_cast<typename std::iterator_traits<I>::difference_type>(k);
    }
}

/// What the callable is given: the integer itself, or the element.
template <class I>
[[nodiscard]] decltype(auto) range_element(I at) {
    if constexpr (std::is_integral_v<I>) {
        return at;
    } else {
        return *at;
    }
}

[[nodiscard]] inline std::size_t grain_for(std::size_t n, std::size_t grain) noexcept {
    const std::size_t chosen = grain != 0 ? grain : n / (std::size_t{32} * job_width());
    return chosen != 0 ? chosen : 1;
}

template <class I, class F>
void for_part(I first, std::size_t n, F& f, std::size_t grain) {
    if (n > grain) {
        const std::size_t half = n / 2;
        fork_join([&] { for_part(first, half, f, grain); }, [&] { for_part(range_at(first, half), n - half, f, grain); });
        return;
    }
    for (std::size_t k = 0; k < n; ++k) {
        std::invoke(f, range_element(range_at(first, k)));
    }
}

template <class T, class I, class Map, class Combine>
T reduce_part(I first, std::size_t n, Map& map, Combine& combine, std::size_t grain) {
    if (n > grain) {
        const std::size_t half = n / 2;
        auto [left, right] =
            fork_join([&] { return reduce_part<T>(first, half, map, combine, grain); },
                      [&] { return reduce_part<T>(range_at(first, half), n - half, map, combine, grain); });
        return std::invoke(combine, std::move(left), std::move(right));
    }
    T sum(std::invoke(map, range_element(first)));
    for (std::size_t k = 1; k < n; ++k) {
        sum = std::invoke(combine, std::move(sum), std::invoke(map, range_element(range_at(first, k))));
    }
    return sum;
}

template <class I>
inline constexpr bool is_range_end = std::is_integral_v<I> || std::random_access_iterator<I>;

} // namespace abi

/// f(i) for each integer of [first, last), or f(*i) for each element between two random-access iterators, perhaps side by side: one f,
/// called by several tasks at once, no more than `grain` times in a row by one leaf. Otherwise as fork_join: every leaf is begun, a leaf
/// ends at its first exception, the leftmost leaf's is rethrown.
template <class I, class F>
void parallel_for(I first, I last, F f, std::size_t grain = 0) {
    static_assert(abi::is_range_end<I>, "weft::parallel_for wants integers or random-access iterators");
    if (const std::size_t n = abi::range_size(first, last)) {
        abi::for_part(first, n, f, abi::grain_for(n, grain));
    }
}

/// combine(map(first), map(first + 1), ...) from left to right, associated in some way; identity for an empty range, else it has no part.
/// combine must be associative, and need not be commutative. Otherwise as parallel_for.
template <class I, class T, class Map, class Combine>
T parallel_reduce(I first, I last, T identity, Map map, Combine combine, std::size_t grain = 0) {
    static_assert(abi::is_range_end<I>, "weft::parallel_reduce wants integers or random-access iterators");
    if (const std::size_t n = abi::range_size(first, last)) {
        return abi::reduce_part<T>(first, n, map, combine, abi::grain_for(n, grain));
    }
    return identity;
}

} // namespace weft
