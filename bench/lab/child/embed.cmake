# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=file -DOUTPUT=file.cpp -P embed.cmake: writes the program as an array (contenders/tiny_program.hpp).
file(READ "${PROGRAM}" bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: MIT
// Made by bench/lab/child/embed.cmake.
#include \"lab/contenders/tiny_program.hpp\"
namespace weft::lab {
const unsigned char tiny_program[] = {
${bytes}
};
const std::size_t tiny_program_size = sizeof tiny_program;
} // namespace weft::lab
")
