// SPDX-License-Identifier: MIT
// Text in columns, for a terminal.
#pragma once
#include <algorithm>
#include <string>

namespace weft::lab {

inline constexpr std::size_t title_width = 28;

inline std::string blanks(std::size_t count) {
    return std::string(count, ' ');
}

inline std::string to_the_right(const std::string& text, std::size_t width) {
    return blanks(width > text.size() ? width - text.size() : 0) + text;
}

inline std::string to_the_left(const std::string& text, std::size_t width) {
    return text + blanks(width > text.size() ? width - text.size() : 0);
}

/// Sentences in lines of at most 90 columns, each indented.
inline std::string wrapped(const std::string& sentences) {
    std::string text;
    std::size_t column = 0;
    for (std::size_t at = 0; at < sentences.size();) {
        const std::size_t end = std::min(sentences.find(' ', at), sentences.size());
        if (column == 0 || column + 1 + (end - at) > 90) {
            text += column == 0 ? "  " : "\n  ";
            column = 2;
        } else {
            text += ' ';
            ++column;
        }
        text.append(sentences, at, end - at);
        column += end - at;
        at = end + 1;
    }
    return text + "\n";
}

} // namespace weft::lab
