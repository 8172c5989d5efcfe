// SPDX-License-Identifier: MIT
#include "lab/system_files.hpp"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace weft::lab {

std::string first_line(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

std::string value_in(const std::string& path, std::string_view key) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) {
            continue;
        }
        const std::size_t key_end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
        if (key_end == std::string::npos || line.substr(0, key_end + 1) != key) {
            continue;
        }
        const std::size_t value = line.find_first_not_of(" \t", colon + 1);
        return value == std::string::npos ? std::string() : line.substr(value);
    }
    return {};
}

std::string chosen_of(const std::string& text) {
    const std::size_t open = text.find('[');
    const std::size_t close = text.find(']', open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) {
        return text;
    }
    return text.substr(open + 1, close - open - 1);
}

std::string as_ranges(const std::vector<unsigned>& ascending) {
    std::string text;
    for (std::size_t i = 0; i < ascending.size();) {
        std::size_t last = i;
        while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) {
            ++last;
        }
        text += (text.empty() ? "" : ",") + std::to_string(ascending[i]);
        if (last > i) {
            text += "-" + std::to_string(ascending[last]);
        }
        i = last + 1;
    }
    return text;
}

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code refused;
    std::filesystem::directory_iterator at(directory, refused);
    for (; !refused && at != std::filesystem::directory_iterator(); at.increment(refused)) {
        names.push_back(at->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace weft::lab
