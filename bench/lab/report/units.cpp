// SPDX-License-Identifier: MIT
#include "lab/report/units.hpp"
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace weft::lab {

std::string three_digits(double value) {
    if (!(std::abs(value) > 0) || !std::isfinite(value)) {
        return std::isfinite(value) ? "0" : "-";
    }
    // Rounded first: 9.996 is 10.0, not 9.996 with the digits of 9.
    const double scale = std::pow(10, 2 - std::floor(std::log10(std::abs(value))));
    const double rounded = std::round(value * scale) / scale;
    const int digits = 2 - static_cast<int>(std::floor(std::log10(std::abs(rounded))));
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", std::max(digits, 0), rounded);
    return text;
}

namespace {

struct scaled {
    double value;
    const char* unit;
};

/// The unit in which the rounded value stays below a thousand.
template <std::size_t N>
std::string with_unit(double value, const scaled (&units)[N]) {
    for (const scaled& u : units) {
        if (std::abs(value / u.value) < 999.5 || &u == &units[N - 1]) {
            return three_digits(value / u.value) + " " + u.unit;
        }
    }
    return {};
}

} // namespace

std::string as_time(double nanoseconds, micro sign) {
    const scaled units[] = {
        {1, "ns"}, {1e3, sign == micro::ascii ? "us" : "\u00b5s"}, {1e6, "ms"}, {1e9, "s"}};
    return with_unit(nanoseconds, units);
}

namespace {

std::string without_empty_digits(std::string number) {
    if (number.find('.') != std::string::npos) {
        number.erase(number.find_last_not_of('0') + 1);
        if (number.ends_with('.')) {
            number.pop_back();
        }
    }
    return number;
}

} // namespace

std::string as_tick(double value) {
    return without_empty_digits(three_digits(value));
}

std::string as_tick_time(double nanoseconds) {
    const std::string text = as_time(nanoseconds, micro::letter);
    const std::size_t gap = text.find(' ');
    return without_empty_digits(text.substr(0, gap)) + text.substr(gap);
}

std::string as_rate(double nanoseconds_each) {
    if (!(nanoseconds_each > 0)) {
        return "-";
    }
    const scaled units[] = {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}};
    std::string text = with_unit(1e9 / nanoseconds_each, units);
    while (text.ends_with(' ')) {
        text.pop_back();
    }
    return text;
}

std::string as_ratio(double ratio) {
    char text[32];
    if (ratio >= 0.0995 && ratio < 9.995) {
        std::snprintf(text, sizeof text, "%.2fx", ratio);
        return text;
    }
    if (ratio > 0 && ratio < 0.0995) {
        const int digits = 1 - static_cast<int>(std::floor(std::log10(ratio)));
        std::snprintf(text, sizeof text, "%.*fx", digits, ratio);
        return text;
    }
    return three_digits(ratio) + "x";
}

std::string as_times(double ratio) {
    std::string text = as_ratio(ratio);
    text.pop_back();
    return text;
}

std::string as_percent(double part) {
    char text[32];
    std::snprintf(text, sizeof text, part < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * part);
    return text;
}

} // namespace weft::lab
