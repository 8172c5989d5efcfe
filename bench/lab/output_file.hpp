// SPDX-License-Identifier: MIT
// A report's file: tried before the measuring begins, written when it is over.
#pragma once
#include <string>

namespace weft::lab {

/// Empty when the file can be written, else a sentence. A file that is there keeps its content, one that is
/// not there is not left behind.
std::string why_not_writable(const std::string& path);

/// Replaces the file's content. Throws std::system_error that names the path.
void write_file(const std::string& path, const std::string& content);

} // namespace weft::lab
