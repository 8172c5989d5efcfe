// SPDX-License-Identifier: MIT
// Namespaces to join, opened: what weft/namespaces.hpp names by path or process becomes a descriptor, closed in the end.
#pragma once
#include "kernel/process.hpp"
#include <span>
#include <vector>
#include <weft/namespaces.hpp>
#include <weft/file_descriptor.hpp>

namespace weft::io {

class namespace_entries {
  public:
    /// Throws std::system_error that begins with `caller` when one cannot be opened.
    namespace_entries(const std::vector<namespace_entry>& wanted, const char* caller);
    [[nodiscard]] std::span<const kernel::descriptor_move> list() const noexcept { return list_; }
    /// Those of the list's descriptors that it owns.
    [[nodiscard]] std::span<const file_descriptor> opened() const noexcept { return opened_; }

  private:
    std::vector<file_descriptor> opened_;
    std::vector<kernel::descriptor_move> list_;
};

} // namespace weft::io
