// SPDX-License-Identifier: MIT
// The report for people with a browser: one file that needs nothing else, no script, no network.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

std::string html_report(const lab_report& report);

/// The page's style sheet.
extern const char* const html_style;

} // namespace weft::lab
