// SPDX-License-Identifier: MIT
// Order statistics of samples. Times have a long right tail, so nothing here rests on a mean or a variance.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace weft::lab {

/// The p-quantile (0 <= p <= 1) of ascending samples, linear between neighbours (type 7 of Hyndman and Fan,
/// doi:10.2307/2684934: what R and NumPy do unasked). Throws std::invalid_argument for no samples or a p
/// outside.
double quantile_of_sorted(std::span<const double> sorted, double p);

/// The median; reorders the samples. Throws std::invalid_argument for none.
double median_in_place(std::span<double> samples);

/// The median of the distances from the median: a spread that half of the samples may spoil.
double median_absolute_deviation(std::span<const double> samples);

struct summary {
    std::size_t count = 0;
    double min = 0, p10 = 0, p25 = 0, p50 = 0, p75 = 0, p90 = 0, p99 = 0, max = 0;
    double mean = 0;
    double mad = 0;

    /// The middle half's width, in medians.
    [[nodiscard]] double relative_iqr() const noexcept { return p50 > 0 ? (p75 - p25) / p50 : 0; }
    [[nodiscard]] double relative_mad() const noexcept { return p50 > 0 ? mad / p50 : 0; }
};

/// Throws std::invalid_argument for no samples.
summary summarise(std::span<const double> samples);

std::vector<double> sorted_copy(std::span<const double> samples);

} // namespace weft::lab
