// SPDX-License-Identifier: MIT
#include "addresses.hpp"
#include <cerrno>

namespace test {

namespace {
thread_local int plain = 0;
thread_local std::string with_constructor = "made on first use";
} // namespace

seen look() {
    return {&plain, &with_constructor, &errno};
}

int errno_now() {
    return errno;
}

int write_move_read(bool (*move)()) {
    int* const kept = &plain;
    plain = 1;
    with_constructor = "mine";
    if (!move()) {
        return -1;
    }
    *kept = 42;          // where we were
    plain += 0;          // perhaps where we are
    return look().plain == kept && with_constructor == "mine" ? plain : -2;
}

} // namespace test
