// SPDX-License-Identifier: MIT
// What only some tasks have, so that the others need not pay for it.
#pragma once
#include <string>
#include <weft/abi.hpp>

struct weft::abi::task_extras {
    std::string name; // r/o after start
};
