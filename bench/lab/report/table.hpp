// SPDX-License-Identifier: MIT
// The report for a terminal: plain text, about 80 columns.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

std::string table_report(const lab_report& report);

} // namespace weft::lab
