// SPDX-License-Identifier: MIT
// Taking the calling kernel thread into other namespaces: setns(2) and unshare(2), one kind at a time, so that a refusal names its kind.
// There is no way back: the thread must end afterwards.
#pragma once
#include "kernel/process.hpp"
#include <cstdint>
#include <span>
#include <string>

namespace weft::kernel {

struct namespace_refusal {
    int error = 0;           // 0: none
    std::uint64_t kind = 0;  // CLONE_NEW*; 0: unknown
    bool joining = false;    // else making a new one
};

/// First gives the thread a working directory and umask of its own, without which it may not change its mount namespace, then
/// joins (source: descriptor, target: kind or 0) and makes new ones.
[[nodiscard]] namespace_refusal enter_namespaces(std::span<const descriptor_move> joined, std::uint64_t fresh) noexcept;

/// "net, uts"; "none".
[[nodiscard]] std::string name_namespaces(std::uint64_t kinds);

/// Why the kernel refuses with this errno, as a sentence's second half.
[[nodiscard]] const char* explain_namespace_refusal(const namespace_refusal& why) noexcept;

} // namespace weft::kernel
