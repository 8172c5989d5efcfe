// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>

namespace weft::base {

/// What the kernel refused with this errno, as the std::system_error whose sentence says what was asked for.
[[noreturn]] inline void throw_errno(int error, const std::string& sentence) {
    throw std::system_error(error, std::generic_category(), sentence);
}

} // namespace weft::base
