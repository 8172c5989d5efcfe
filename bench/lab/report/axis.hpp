// SPDX-License-Identifier: MIT
// A logarithmic axis: where a value lies, and which values are worth a label.
#pragma once
#include <cstddef>
#include <vector>

namespace weft::lab {

class log_axis {
  public:
    /// From low to high (made positive and apart if they are not), widened by `margin` of its length on
    /// either side, drawn from pixel `first` to pixel `last` (which may lie before first: an axis that grows
    /// upwards).
    log_axis(double low, double high, double first, double last, double margin = 0.04);

    /// Values outside are drawn at the end that they lie beyond.
    [[nodiscard]] double place(double value) const noexcept;

    /// At most `most` round values within, ascending: powers of ten, with 2 and 5 or 3 between where there is
    /// room; even steps when the axis is too short for that.
    [[nodiscard]] std::vector<double> ticks(std::size_t most) const;

    [[nodiscard]] double low() const noexcept { return low_; }
    [[nodiscard]] double high() const noexcept { return high_; }

  private:
    double low_, high_;
    double first_, last_;
};

} // namespace weft::lab
