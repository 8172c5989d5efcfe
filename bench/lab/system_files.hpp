// SPDX-License-Identifier: MIT
// Reading the kernel's small text files.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace weft::lab {

/// The first line of a file, without the end of line; empty when it cannot be read.
std::string first_line(const std::string& path);

/// The value of the first "key : value" line of a file such as /proc/cpuinfo; empty when there is none.
std::string value_in(const std::string& path, std::string_view key);

/// "[b]" in "a [b] c", as the kernel marks what is chosen; the whole text when nothing is marked.
std::string chosen_of(const std::string& text);

/// "0-3,8" for 0 1 2 3 8.
std::string as_ranges(const std::vector<unsigned>& ascending);

/// The names in a directory, sorted; none when it cannot be read.
std::vector<std::string> names_in(const std::string& directory);

} // namespace weft::lab
