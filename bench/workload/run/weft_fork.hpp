// SPDX-License-Identifier: MIT
// weft::fork_join where the tree has it, else the same by weft::spawn and join; then the figures carry a note.
#pragma once
#include "run/program.hpp"
#include <tuple>
#include <utility>
#include <weft/weft.hpp>

namespace weft::workload {

#if __has_include(<weft/fork_join.hpp>)

inline void note_how_forked(const program&) {}

template <class... F>
auto forked(F&&... f) {
    return weft::fork_join(std::forward<F>(f)...);
}

#else

inline void note_how_forked(const program& p) {
    p.note("forked by weft::spawn and join: this tree has no weft::fork_join");
}

/// Two or more functions that return values; the first runs here, as the last to be begun.
template <class First, class... F>
auto forked(First&& first, F&&... f) {
    auto children = std::make_tuple(weft::spawn(std::forward<F>(f))...);
    auto own = std::make_tuple(std::forward<First>(first)());
    return std::apply([&](auto&... child) { return std::tuple_cat(std::move(own), std::make_tuple(child.join()...)); }, children);
}

#endif

} // namespace weft::workload
