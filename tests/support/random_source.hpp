// SPDX-License-Identifier: MIT
// What stress tests draw from: small, fast, repeated exactly by its seed.
// Reference: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003.
#pragma once
#include <cstdint>

namespace support {

struct random_source {
    std::uint64_t state;
    explicit random_source(std::uint64_t seed) : state(seed * 0x9e3779b97f4a7c15u + 1) {}
    std::uint64_t operator()() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state >> 11;
    }
    unsigned below(unsigned n) { return static_cast<unsigned>((*this)() % n); }
    bool one_in(unsigned n) { return below(n) == 0; }
};

} // namespace support
