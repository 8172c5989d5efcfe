// SPDX-License-Identifier: MIT
// The image of child/tiny_program.cpp, carried in the laboratory itself so that it is found wherever that is
// installed.
#pragma once
#include <cstddef>

namespace weft::lab {

extern const unsigned char tiny_program[];
extern const std::size_t tiny_program_size;

/// The descriptor at which it finds its cell.
inline constexpr int tiny_program_cell = 3;

} // namespace weft::lab
