// SPDX-License-Identifier: MIT
// What the programs of this folder share. Each says, line by line, what C++20 demands of some classes, of namespace mt, and is compiled
// twice: where mt is std it shows that the line demands no more than std gives, where it is weft, that weft gives it. The exit code
// tells. What std leaves open, or where libstdc++ differs from the standard, is not here.
#pragma once
#include "../swapped/mt.hpp"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace conformance {

inline void check(bool holds, const char* what, const char* file, int line) {
    if (!holds) {
        std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
        std::_Exit(1);
    }
}

/// The alarm's default action ends a program that hangs.
struct watchdog {
    watchdog() { alarm(100); }
};
inline watchdog guard;

/// The code of the std::system_error (or what derives from it) that f throws; none if it throws nothing.
template <class Error = std::system_error, class F>
std::error_code code_of(F f) {
    try {
        f();
    } catch (const Error& e) {
        return e.code();
    }
    return {};
}

/// Runs `f` in two threads of mt, one after the other's start, and joins them.
template <class F, class G>
void both(F f, G g) {
    mt::thread a(std::move(f));
    mt::thread b(std::move(g));
    a.join();
    b.join();
}

template <class T>
constexpr bool stays = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> && !std::is_copy_assignable_v<T> &&
                       !std::is_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;
template <class T>
constexpr bool moves_only = !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T> &&
                            std::is_nothrow_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;

/// A clock that is nobody's but the user's: std::chrono's names are found in no base class.
struct own_clock {
    using rep = long long;
    using period = std::micro;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<own_clock>;
    static constexpr bool is_steady = true;
    static time_point now() {
        return time_point(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()) - std::chrono::hours(7));
    }
};

} // namespace conformance

#define CHECK(...) conformance::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
