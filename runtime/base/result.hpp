// SPDX-License-Identifier: MIT
// result<T>: a value, or the errno with which the kernel refused and the name of the call that did.
// Everything inside the kernel floor returns it; only the public edge turns it into std::system_error.
#pragma once
#include "base/check.hpp"
#include <utility>

namespace weft::base {

/// The kernel's refusal: which call, which errno. error == 0 means no refusal.
struct refusal {
    int error = 0;
    const char* call = ""; // a string literal: "clone3", "mmap of a stack"
};

template <class T>
class [[nodiscard]] result {
  public:
    result(T value) : value_(std::move(value)) {}
    result(refusal why) : why_(why) { check(why.error != 0, "result: a refusal needs an errno"); }

    bool ok() const noexcept { return why_.error == 0; }
    explicit operator bool() const noexcept { return ok(); }
    T& value() noexcept {
        check(ok(), "result: value() of a refusal");
        return value_;
    }
    const refusal& why() const noexcept { return why_; }

  private:
    T value_{};
    refusal why_{};
};

template <>
class [[nodiscard]] result<void> {
  public:
    result() = default;
    result(refusal why) : why_(why) { check(why.error != 0, "result: a refusal needs an errno"); }
    bool ok() const noexcept { return why_.error == 0; }
    explicit operator bool() const noexcept { return ok(); }
    const refusal& why() const noexcept { return why_; }

  private:
    refusal why_{};
};

} // namespace weft::base
