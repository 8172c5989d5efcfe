// SPDX-License-Identifier: MIT
#include "lab/report/axis.hpp"
#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace weft::lab {

log_axis::log_axis(double low, double high, double first, double last, double margin)
    : first_(first), last_(last) {
    low_ = std::isfinite(low) && low > 0 ? low : 1e-3;
    high_ = std::isfinite(high) && high > low_ ? high : low_;
    if (high_ < low_ * 1.2) { // room for something to be seen
        const double middle = std::sqrt(low_ * high_);
        low_ = middle / 1.2;
        high_ = middle * 1.2;
    }
    const double widen = std::pow(high_ / low_, margin);
    low_ /= widen;
    high_ *= widen;
}

double log_axis::place(double value) const noexcept {
    const double inside = std::clamp(value, low_, high_);
    return first_ + (last_ - first_) * std::log(inside / low_) / std::log(high_ / low_);
}

std::vector<double> log_axis::ticks(std::size_t most) const {
    const int first_decade = static_cast<int>(std::floor(std::log10(low_)));
    const int last_decade = static_cast<int>(std::ceil(std::log10(high_)));
    const auto collect = [&](std::initializer_list<double> steps, int stride) {
        std::vector<double> found;
        for (int decade = first_decade; decade <= last_decade; ++decade) {
            if (decade % stride != 0) {
                continue;
            }
            for (const double step : steps) {
                const double value = step * std::pow(10, decade);
                if (value >= low_ && value <= high_) {
                    found.push_back(value);
                }
            }
        }
        return found;
    };
    std::vector<double> found = collect({1, 2, 5}, 1);
    if (found.size() < 3) { // short: even steps
        double step = std::pow(10, std::floor(std::log10(high_ - low_)));
        for (const double finer : {0.5, 0.2, 0.1}) {
            if ((high_ - low_) / (step * finer) <= static_cast<double>(most)) {
                step *= finer;
                break;
            }
        }
        found.clear();
        for (double value = std::ceil(low_ / step) * step; value <= high_ && found.size() < most;
             value += step) {
            found.push_back(value);
        }
        return found;
    }
    if (found.size() > most) {
        found = collect({1, 3}, 1);
    }
    for (int stride = 1; found.size() > most; ++stride) {
        found = collect({1}, stride);
    }
    return found;
}

} // namespace weft::lab
