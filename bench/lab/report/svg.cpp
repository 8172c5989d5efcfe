// SPDX-License-Identifier: MIT
#include "lab/report/svg.hpp"
#include <cmath>
#include <cstdio>

namespace weft::lab {

namespace {

/// One digit after the point is a tenth of a pixel.
std::string number(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", std::isfinite(x) ? x : 0.0);
    std::string s = text;
    if (s.ends_with(".0")) {
        s.resize(s.size() - 2);
    }
    return s == "-0" ? "0" : s;
}

std::string attribute(const char* name, double x) {
    return std::string(" ") + name + "=\"" + number(x) + "\"";
}

std::string attribute(const char* name, std::string_view x) {
    return std::string(" ") + name + "=\"" + escaped(x) + "\"";
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

svg::svg(double width, double height, std::string_view title, std::string_view description)
    : text_("<svg viewBox=\"0 0 " + number(width) + " " + number(height) + "\" role=\"img\"" +
            attribute("aria-label", title) + ">\n<desc>" + escaped(description) + "</desc>\n") {}

void svg::line(point from, point to, std::string_view classes) {
    text_ += "<line" + attribute("class", classes) + attribute("x1", from.first) +
             attribute("y1", from.second) + attribute("x2", to.first) + attribute("y2", to.second) + "/>\n";
}

void svg::rectangle(point corner, double width, double height, std::string_view classes, double radius) {
    text_ += "<rect" + attribute("class", classes) + attribute("x", corner.first) +
             attribute("y", corner.second) + attribute("width", width) + attribute("height", height) +
             (radius > 0 ? attribute("rx", radius) : "") + "/>\n";
}

void svg::circle(point centre, double radius, std::string_view classes) {
    text_ += "<circle" + attribute("class", classes) + attribute("cx", centre.first) +
             attribute("cy", centre.second) + attribute("r", radius) + "/>\n";
}

void svg::polyline(const std::vector<point>& points, std::string_view classes) {
    text_ += "<polyline" + attribute("class", classes) + " points=\"";
    const char* gap = "";
    for (const point& p : points) {
        text_ += gap + number(p.first) + "," + number(p.second);
        gap = " ";
    }
    text_ += "\"/>\n";
}

void svg::text(point at, std::string_view words, std::string_view classes, anchor where) {
    const char* const places[] = {"start", "middle", "end"};
    text_ += "<text" + attribute("class", classes) + attribute("x", at.first) + attribute("y", at.second) +
             (where == anchor::start ? "" : attribute("text-anchor", places[static_cast<int>(where)])) + ">" +
             escaped(words) + "</text>\n";
}

void svg::begin_group(std::string_view tooltip) {
    text_ += "<g><title>" + escaped(tooltip) + "</title>\n";
}

void svg::end_group() {
    text_ += "</g>\n";
}

std::string svg::take() {
    text_ += "</svg>\n";
    return std::exchange(text_, {});
}

} // namespace weft::lab
