// SPDX-License-Identifier: MIT
// The CLONE_ flags of clone(2), clone3(2) and unshare(2), as a type.
//
// The values are the kernel's (runtime/kernel/clone_flags.cpp holds them against <linux/sched.h>); they stand here because a
// header of weft includes none of the kernel's. The low byte of a flag word is clone's exit signal, which is why a flag that
// lives there (CLONE_NEWTIME) or above bit 31 exists only for calls that keep the signal elsewhere.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

enum class clone_flag : std::uint64_t {
    newtime = 0x00000080,
    vm = 0x00000100,
    fs = 0x00000200,
    files = 0x00000400,
    sighand = 0x00000800,
    pidfd = 0x00001000,
    ptrace = 0x00002000,
    vfork = 0x00004000,
    parent = 0x00008000,
    thread = 0x00010000,
    newns = 0x00020000,
    sysvsem = 0x00040000,
    settls = 0x00080000,
    parent_settid = 0x00100000,
    child_cleartid = 0x00200000,
    detached = 0x00400000,
    untraced = 0x00800000,
    child_settid = 0x01000000,
    newcgroup = 0x02000000,
    newuts = 0x04000000,
    newipc = 0x08000000,
    newuser = 0x10000000,
    newpid = 0x20000000,
    newnet = 0x40000000,
    io = 0x80000000,
    clear_sighand = 0x1'0000'0000,
    into_cgroup = 0x2'0000'0000,
};

/// A set of flags; any bit pattern fits, also bits that no kernel knows.
class clone_flags {
  public:
    constexpr clone_flags() noexcept = default;
    constexpr clone_flags(clone_flag one) noexcept : bits_(static_cast<std::uint64_t>(one)) {}
    constexpr explicit clone_flags(std::uint64_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr bool has_all(clone_flags those) const noexcept { return (bits_ & those.bits_) == those.bits_; }
    [[nodiscard]] constexpr bool has_any(clone_flags those) const noexcept { return (bits_ & those.bits_) != 0; }
    [[nodiscard]] constexpr bool has(clone_flag one) const noexcept { return has_all(one); }
    [[nodiscard]] constexpr clone_flags without(clone_flags those) const noexcept { return clone_flags(bits_ & ~those.bits_); }

    constexpr clone_flags& operator|=(clone_flags more) noexcept { return *this = *this | more; }
    friend constexpr clone_flags operator|(clone_flags a, clone_flags b) noexcept { return clone_flags(a.bits_ | b.bits_); }
    friend constexpr clone_flags operator&(clone_flags a, clone_flags b) noexcept { return clone_flags(a.bits_ & b.bits_); }
    friend constexpr bool operator==(clone_flags a, clone_flags b) noexcept = default;

  private:
    std::uint64_t bits_ = 0;
};

[[nodiscard]] constexpr clone_flags operator|(clone_flag a, clone_flag b) noexcept {
    return clone_flags(a) | clone_flags(b);
}

struct clone_flag_name {
    clone_flag flag;
    std::string_view name; // "CLONE_VM"
};

/// Every flag, sharing first, namespaces last.
inline constexpr std::array<clone_flag_name, 27> all_clone_flags{{
    {clone_flag::vm, "CLONE_VM"},
    {clone_flag::fs, "CLONE_FS"},
    {clone_flag::files, "CLONE_FILES"},
    {clone_flag::sighand, "CLONE_SIGHAND"},
    {clone_flag::thread, "CLONE_THREAD"},
    {clone_flag::sysvsem, "CLONE_SYSVSEM"},
    {clone_flag::io, "CLONE_IO"},
    {clone_flag::settls, "CLONE_SETTLS"},
    {clone_flag::parent_settid, "CLONE_PARENT_SETTID"},
    {clone_flag::child_settid, "CLONE_CHILD_SETTID"},
    {clone_flag::child_cleartid, "CLONE_CHILD_CLEARTID"},
    {clone_flag::pidfd, "CLONE_PIDFD"},
    {clone_flag::parent, "CLONE_PARENT"},
    {clone_flag::vfork, "CLONE_VFORK"},
    {clone_flag::ptrace, "CLONE_PTRACE"},
    {clone_flag::untraced, "CLONE_UNTRACED"},
    {clone_flag::detached, "CLONE_DETACHED"},
    {clone_flag::clear_sighand, "CLONE_CLEAR_SIGHAND"},
    {clone_flag::into_cgroup, "CLONE_INTO_CGROUP"},
    {clone_flag::newns, "CLONE_NEWNS"},
    {clone_flag::newcgroup, "CLONE_NEWCGROUP"},
    {clone_flag::newuts, "CLONE_NEWUTS"},
    {clone_flag::newipc, "CLONE_NEWIPC"},
    {clone_flag::newuser, "CLONE_NEWUSER"},
    {clone_flag::newpid, "CLONE_NEWPID"},
    {clone_flag::newnet, "CLONE_NEWNET"},
    {clone_flag::newtime, "CLONE_NEWTIME"},
}};

/// All flags that have a name.
inline constexpr clone_flags known_clone_flags = [] {
    clone_flags all;
    for (const clone_flag_name& f : all_clone_flags) {
        all |= f.flag;
    }
    return all;
}();

/// The flags that ask for a new namespace.
inline constexpr clone_flags namespace_flags = clone_flag::newns | clone_flag::newcgroup | clone_flag::newuts |
                                               clone_flag::newipc | clone_flag::newuser | clone_flag::newpid |
                                               clone_flag::newnet | clone_flag::newtime;

/// Those that only clone3 can be asked for: bit 31 is the last one that clone looks at, and its low byte is the exit signal.
inline constexpr clone_flags clone3_only_flags = clone_flag::clear_sighand | clone_flag::into_cgroup | clone_flag::newtime;

/// What a thread of this process shares; pthread_create uses the same (and SETTLS, PARENT_SETTID, CHILD_CLEARTID).
inline constexpr clone_flags thread_flags =
    clone_flag::vm | clone_flag::fs | clone_flag::files | clone_flag::sighand | clone_flag::thread | clone_flag::sysvsem;

/// "CLONE_VM"; empty for a value that is no flag.
[[nodiscard]] constexpr std::string_view name_of(clone_flag flag) noexcept {
    for (const clone_flag_name& f : all_clone_flags) {
        if (f.flag == flag) {
            return f.name;
        }
    }
    return {};
}

/// By name, with or without CLONE_, in either case; null when there is no such flag.
[[nodiscard]] constexpr const clone_flag_name* clone_flag_named(std::string_view name) noexcept {
    constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    constexpr auto equal = [lower](std::string_view a, std::string_view b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (lower(a[i]) != lower(b[i])) {
                return false;
            }
        }
        return true;
    };
    for (const clone_flag_name& f : all_clone_flags) {
        if (equal(name, f.name) || equal(name, f.name.substr(6))) {
            return &f;
        }
    }
    return nullptr;
}

/// "CLONE_VM|CLONE_FS"; unknown bits as one hexadecimal number; "no flags" when empty.
[[nodiscard]] std::string to_string(clone_flags flags);

} // namespace weft
