// SPDX-License-Identifier: MIT
// Times as a caller says them, and as weft waits: by nanoseconds of CLOCK_MONOTONIC alone. Every timed call converts here.
//
// A clock that is not steady, or a user's, is asked again after each wait, so a call does not return early by it. A step of the wall clock does not
// move a wait by a duration or by steady_clock.
//
// What cannot be waited for saturates: from a hundred years on (duration::max(), time_point<C, hours>::max(), infinity) a wait has no
// deadline; what is past, below zero or not a number is over at once. std's own arithmetic would not do: the comparison of
// time_point<C, hours>::max() with now() overflows, which is undefined, and in practice says "past".
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <ratio>
#include <type_traits>

namespace weft::abi {

/// deadline in nanoseconds of CLOCK_MONOTONIC, that far from now; saturates.
std::uint64_t ns_from_now(std::chrono::nanoseconds duration) noexcept;

inline constexpr std::chrono::nanoseconds for_ever = std::chrono::nanoseconds::max();

__extension__ using wide_count = __int128; // products of two 64-bit numbers
inline constexpr std::intmax_t longest_seconds = std::intmax_t{100} * 365 * 24 * 3600;

/// count * Period in nanoseconds, rounded up; 0 to for_ever.
template <class Period>
[[nodiscard]] constexpr std::chrono::nanoseconds saturated(wide_count count) noexcept {
    if (count <= 0) {
        return std::chrono::nanoseconds::zero();
    }
    if (count >= wide_count{longest_seconds} * Period::den / Period::num) {
        return for_ever;
    }
    const wide_count scaled = count * Period::num * 1'000'000'000; // below 2^62 * den
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>((scaled + Period::den - 1) / Period::den));
}

[[nodiscard]] constexpr std::chrono::nanoseconds saturated(long double nanoseconds) noexcept {
    if (!(nanoseconds > 0)) { // nor is a NaN
        return std::chrono::nanoseconds::zero();
    }
    if (nanoseconds >= static_cast<long double>(longest_seconds) * 1e9L) {
        return for_ever;
    }
    const auto whole = static_cast<std::chrono::nanoseconds::rep>(nanoseconds);
    return std::chrono::nanoseconds(static_cast<long double>(whole) < nanoseconds ? whole + 1 : whole);
}

template <class Rep, class Period>
[[nodiscard]] constexpr std::chrono::nanoseconds saturated(const std::chrono::duration<Rep, Period>& duration) {
    if constexpr (std::integral<Rep>) {
        return saturated<Period>(wide_count{duration.count()});
    } else if constexpr (std::is_convertible_v<Rep, long double>) {
        return saturated(std::chrono::duration<long double, std::nano>(duration).count());
    } else { // a user's number
        return duration > duration.zero() ? std::chrono::ceil<std::chrono::nanoseconds>(duration) : std::chrono::nanoseconds::zero();
    }
}

/// How far `when` lies ahead of `now`.
template <class Clock, class Duration, class Now>
[[nodiscard]] constexpr std::chrono::nanoseconds time_between(const std::chrono::time_point<Clock, Now>& now,
                                                              const std::chrono::time_point<Clock, Duration>& when) {
    using when_rep = typename Duration::rep;
    using now_rep = typename Now::rep;
    if constexpr (std::integral<when_rep> && std::integral<now_rep>) {
        using both = typename std::common_type_t<Duration, Now>::period; // divides both
        constexpr std::intmax_t of_when = std::ratio_divide<typename Duration::period, both>::num;
        constexpr std::intmax_t of_now = std::ratio_divide<typename Now::period, both>::num;
        // Each below 2^63 times a factor below 2^62.
        return saturated<both>(wide_count{when.time_since_epoch().count()} * of_when - wide_count{now.time_since_epoch().count()} * of_now);
    } else if constexpr (std::is_convertible_v<when_rep, long double> && std::is_convertible_v<now_rep, long double>) {
        using wide = std::chrono::duration<long double, std::nano>;
        return saturated(wide(when.time_since_epoch()).count() - wide(now.time_since_epoch()).count());
    } else {
        return now < when ? saturated(when - now) : std::chrono::nanoseconds::zero();
    }
}

/// How long it is until Clock says `when`; zero when it is time. Throws what the clock throws.
template <class Clock, class Duration>
[[nodiscard]] std::chrono::nanoseconds time_left(const std::chrono::time_point<Clock, Duration>& when) {
    return time_between(Clock::now(), when);
}
template <class Clock, class Duration>
[[nodiscard]] bool reached(const std::chrono::time_point<Clock, Duration>& when) {
    return time_left(when) == std::chrono::nanoseconds::zero();
}

/// 0 for what is past, without asking the clock.
[[nodiscard]] inline std::uint64_t deadline_in(std::chrono::nanoseconds left) noexcept {
    return left <= left.zero() ? 0 : left == for_ever ? ~std::uint64_t{0} : ns_from_now(left);
}
template <class Rep, class Period>
[[nodiscard]] std::uint64_t deadline_after(const std::chrono::duration<Rep, Period>& duration) {
    return deadline_in(saturated(duration));
}
/// When `when` will be, by CLOCK_MONOTONIC, if neither clock is set meanwhile; now, if it is past. Throws what the clock throws.
template <class Clock, class Duration>
[[nodiscard]] std::uint64_t deadline_at(const std::chrono::time_point<Clock, Duration>& when) {
    return deadline_in(time_left(when));
}

/// attempt(deadline in nanoseconds of CLOCK_MONOTONIC) again and again, until it says true, or the clock says `when` or later: then
/// false. Throws what the clock and the attempt throw.
template <class Clock, class Duration, class Attempt>
bool attempt_until(const std::chrono::time_point<Clock, Duration>& when, Attempt attempt) {
    for (auto left = time_left(when); left > left.zero(); left = time_left(when)) {
        if (attempt(deadline_in(left))) {
            return true;
        }
    }
    return false;
}

} // namespace weft::abi
