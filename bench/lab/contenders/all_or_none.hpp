// SPDX-License-Identifier: MIT
// Creates one thread or task for each cell, then joins all; when one is refused, joins those that were made
// and lets the refusal pass. Every contender whose objects have join() shares it, so that they all do the
// same work.
#pragma once
#include "lab/cell.hpp"
#include <span>
#include <vector>

namespace weft::lab {

template <class Joinable, class Create>
void all_or_none(std::vector<Joinable>& made, std::span<cell> cells, Create create) {
    struct joins_all {
        std::vector<Joinable>& made;
        ~joins_all() {
            for (Joinable& one : made) {
                one.join();
            }
            made.clear();
        }
    };
    made.reserve(cells.size());
    const joins_all at_the_end{made};
    for (cell& c : cells) {
        made.push_back(create(c));
    }
}

} // namespace weft::lab
