// SPDX-License-Identifier: MIT
// Functions in which a compiler keeps what it knows of thread_locals: out of the tests' sight, so that only the linker can join them.
#pragma once
#include <string>

namespace test {

struct seen {
    const void* plain;
    const void* with_constructor;
    const void* of_errno;
    bool operator==(const seen&) const = default;
};

[[gnu::noinline]] seen look();
[[gnu::noinline]] int errno_now();
/// Writes 42 through an address taken before move(), then reads the variable by name after it; what the compiler makes of both.
[[gnu::noinline]] int write_move_read(bool (*move)());

} // namespace test
