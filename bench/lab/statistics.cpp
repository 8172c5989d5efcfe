// SPDX-License-Identifier: MIT
#include "lab/statistics.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace weft::lab {

namespace {

void need_some(std::size_t count) {
    if (count == 0) {
        throw std::invalid_argument("a statistic of no samples was asked for");
    }
}

} // namespace

double quantile_of_sorted(std::span<const double> sorted, double p) {
    need_some(sorted.size());
    if (!(p >= 0 && p <= 1)) {
        throw std::invalid_argument("a quantile lies between 0 and 1");
    }
    const double place = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

double median_in_place(std::span<double> samples) {
    need_some(samples.size());
    const std::size_t upper = samples.size() / 2;
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(upper);
    std::nth_element(samples.begin(), middle, samples.end());
    if (samples.size() % 2 == 1) {
        return *middle;
    }
    return (*std::max_element(samples.begin(), middle) + *middle) / 2;
}

double median_absolute_deviation(std::span<const double> samples) {
    std::vector<double> distances(samples.begin(), samples.end());
    const double centre = median_in_place(distances);
    for (double& d : distances) {
        d = std::abs(d - centre);
    }
    return median_in_place(distances);
}

std::vector<double> sorted_copy(std::span<const double> samples) {
    std::vector<double> sorted(samples.begin(), samples.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

summary summarise(std::span<const double> samples) {
    need_some(samples.size());
    const std::vector<double> sorted = sorted_copy(samples);
    summary s;
    s.count = sorted.size();
    s.min = sorted.front();
    s.p10 = quantile_of_sorted(sorted, 0.10);
    s.p25 = quantile_of_sorted(sorted, 0.25);
    s.p50 = quantile_of_sorted(sorted, 0.50);
    s.p75 = quantile_of_sorted(sorted, 0.75);
    s.p90 = quantile_of_sorted(sorted, 0.90);
    s.p99 = quantile_of_sorted(sorted, 0.99);
    s.max = sorted.back();
    s.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
    s.mad = median_absolute_deviation(sorted);
    return s;
}

} // namespace weft::lab
