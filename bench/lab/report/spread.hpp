// SPDX-License-Identifier: MIT
// The spread beside each median, as every report writes it.
#pragma once
#include "lab/report/units.hpp"
#include "lab/statistics.hpp"
#include <string>

namespace weft::lab {

/// "8.0 %": the middle half's width in medians; "250x" from a hundred medians on, so that it fits its column.
/// One sample has no spread, and a nought would say that it was steady: "?".
inline std::string as_spread(const summary& s) {
    if (s.count < 2) {
        return "?";
    }
    const double width = s.relative_iqr();
    return width < 99.995 ? as_percent(width) : as_ratio(width);
}

} // namespace weft::lab
