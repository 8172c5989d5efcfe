// SPDX-License-Identifier: MIT
// The report for programs. The schema is described in bench/lab/README.md; "schema" changes when a reader
// would have to.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

inline constexpr const char* json_schema = "weft.lab/1";

std::string json_report(const lab_report& report);

} // namespace weft::lab
