// SPDX-License-Identifier: MIT
// A drawing in SVG, mark by mark. Colours and fonts come from the page's style sheet by class, so that one
// drawing fits a light and a dark page; coordinates are the drawing's own, and the page scales it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::lab {

/// Text for HTML and SVG: & < > " and ' written as entities.
std::string escaped(std::string_view text);

enum class anchor { start, middle, end };

class svg {
  public:
    using point = std::pair<double, double>;

    /// title and description are for those who hear the page.
    svg(double width, double height, std::string_view title, std::string_view description);

    void line(point from, point to, std::string_view classes);
    void rectangle(point corner, double width, double height, std::string_view classes, double radius = 0);
    void circle(point centre, double radius, std::string_view classes);
    void polyline(const std::vector<point>& points, std::string_view classes);
    void text(point at, std::string_view words, std::string_view classes, anchor where = anchor::start);

    /// Marks drawn until end_group() show this text when pointed at.
    void begin_group(std::string_view tooltip);
    void end_group();

    [[nodiscard]] std::string take();

  private:
    std::string text_;
};

} // namespace weft::lab
