// SPDX-License-Identifier: MIT
// Figures as people read them: three significant digits and the unit that fits.
#pragma once
#include <string>

namespace weft::lab {

enum class micro { ascii, letter }; // "us" or the Greek letter

/// 0.84 ns, 52.1 us, 1.20 ms.
std::string as_time(double nanoseconds, micro sign = micro::ascii);

/// A round value for an axis: 10 us, 0.003, without empty digits.
std::string as_tick_time(double nanoseconds);
std::string as_tick(double value);

/// 24.1 k, 10.3 M: a rate a second for this much time a unit.
std::string as_rate(double nanoseconds_each);

/// 0.79x, 12.4x, 1.00x. Below 0.1 more digits are kept: 0.0012x.
std::string as_ratio(double ratio);

/// The same without the sign.
std::string as_times(double ratio);

/// 1.2 %, 34 %.
std::string as_percent(double part);

/// Three significant digits without an exponent: 0.0123, 1.23, 12.3, 123, 1230.
std::string three_digits(double value);

} // namespace weft::lab
