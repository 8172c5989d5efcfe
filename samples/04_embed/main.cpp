// SPDX-License-Identifier: MIT
// 04: weft in a project of your own. This folder is such a project: CMakeLists.txt shows two ways to find weft, the Makefile a
// third one. The program is the same each time: it counts words, one task a line.
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

std::size_t words_in(const std::string& line) {
    std::istringstream in(line);
    std::size_t n = 0;
    for (std::string word; in >> word;) {
        ++n;
    }
    return n;
}

} // namespace

int main() {
    const std::vector<std::string> lines = {"the warp is stretched on the loom", "the weft goes over and under", "",
                                            "together they make the cloth"};
    weft::runtime rt({.workers = 2});
    const std::size_t words = rt.run([&lines] {
        std::vector<weft::join_handle<std::size_t>> counts;
        for (const auto& line : lines) {
            counts.push_back(weft::spawn([&line] { return words_in(line); }));
        }
        std::size_t sum = 0;
        for (auto& c : counts) {
            sum += c.join();
        }
        return sum;
    });
    std::printf("%zu words in %zu lines\n", words, lines.size());
}
