// SPDX-License-Identifier: MIT
// Checks that a page is well formed enough: every element that is opened is closed in order, attribute values
// stand in quotes, text holds no stray < or &. Stricter than a browser, which forgives all of it.
#pragma once
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

/// Empty when the page holds; else what is wrong and where.
inline std::string html_breach(std::string_view page) {
    const auto at_byte = [](std::size_t at) { return " at byte " + std::to_string(at); };
    constexpr std::string_view doctype = "<!DOCTYPE html>";
    if (page.substr(0, doctype.size()) != doctype) {
        return "the doctype is missing";
    }
    std::vector<std::string> open;
    std::size_t at = doctype.size();
    while (at < page.size()) {
        if (page[at] == '&') {
            const std::size_t end = page.find(';', at);
            if (end == std::string_view::npos || end - at > 8) {
                return "a stray &" + at_byte(at);
            }
            at = end + 1;
            continue;
        }
        if (page[at] != '<') {
            if (!std::isspace(static_cast<unsigned char>(page[at])) && open.empty()) {
                return "text outside of all elements" + at_byte(at);
            }
            ++at;
            continue;
        }
        const bool closing = page.substr(at + 1, 1) == "/";
        std::size_t end = at + 1 + (closing ? 1 : 0);
        std::string name;
        while (end < page.size() && (std::isalnum(static_cast<unsigned char>(page[end])))) {
            name += page[end++];
        }
        if (name.empty()) {
            return "a stray <" + at_byte(at);
        }
        bool quoted = false;
        for (; end < page.size() && (quoted || page[end] != '>'); ++end) {
            if (page[end] == '"') {
                quoted = !quoted;
            } else if (page[end] == '<') {
                return "a < inside <" + name + ">" + at_byte(end);
            } else if (page[end] == '=' && !quoted && page.substr(end + 1, 1) != "\"") {
                return "an attribute of <" + name + "> without quotes" + at_byte(end);
            }
        }
        if (end >= page.size()) {
            return "<" + name + "> never ends" + at_byte(at);
        }
        const bool empty_element = name == "meta" || page[end - 1] == '/';
        if (closing) {
            if (open.empty() || open.back() != name) {
                return "</" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">") +
                       at_byte(at);
            }
            open.pop_back();
        } else if (!empty_element) {
            open.push_back(name);
        }
        at = end + 1;
    }
    return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

} // namespace weft::test
