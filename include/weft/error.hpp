// SPDX-License-Identifier: MIT
// The errors that weft throws beside std::system_error (which says that the kernel refused something).
#pragma once
#include <stdexcept>

namespace weft {

/// An option that cannot be meant: no workers, a stack that cannot hold a frame. The text says which and why.
class bad_option : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

/// A call that needs a runtime was made where there is none: construct a weft::runtime first.
class no_runtime : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

} // namespace weft
