// SPDX-License-Identifier: MIT
// Linux namespaces: naming them, and running a function in other ones than the rest of the process.
//
//   auto interfaces = weft::run_in(weft::namespaces::net, [] { return count_interfaces(); }); // 1: lo
//
// A kernel thread that has changed its namespaces is no good for anything else, so each run_in makes one of its own, and that ends with
// the call. What is per process cannot be had this way: a user namespace wants a process (weft::process), and new pid and time
// namespaces take in only the children that f makes, by weft::process say.
#pragma once
#include <weft/join_handle.hpp>

#include <functional>
#include <string>
#include <sys/types.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

/// A set of kinds of namespaces. The values are the kernel's CLONE_NEW*.
class namespaces {
  public:
    constexpr namespaces() noexcept = default;
    static const namespaces mount, cgroup, uts, ipc, user, pid, net, time;

    friend constexpr namespaces operator|(namespaces a, namespaces b) noexcept { return namespaces(a.bits_ | b.bits_); }
    constexpr namespaces& operator|=(namespaces other) noexcept { return *this = *this | other; }
    friend constexpr bool operator==(namespaces a, namespaces b) noexcept { return a.bits_ == b.bits_; }
    [[nodiscard]] constexpr bool has(namespaces all_of) const noexcept { return (bits_ & all_of.bits_) == all_of.bits_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr unsigned bits() const noexcept { return bits_; }
    [[nodiscard]] static constexpr namespaces from_bits(unsigned bits) noexcept { return namespaces(bits); }

  private:
    explicit constexpr namespaces(unsigned bits) noexcept : bits_(bits) {}
    unsigned bits_ = 0;
};

inline constexpr namespaces namespaces::mount{0x00020000};
inline constexpr namespaces namespaces::cgroup{0x02000000};
inline constexpr namespaces namespaces::uts{0x04000000};
inline constexpr namespaces namespaces::ipc{0x08000000};
inline constexpr namespaces namespaces::user{0x10000000};
inline constexpr namespaces namespaces::pid{0x20000000};
inline constexpr namespaces namespaces::net{0x40000000};
inline constexpr namespaces namespaces::time{0x00000080};

/// Existing namespaces to join.
class namespace_entry {
  public:
    /// By a descriptor of a file like /proc/PID/ns/net. It stays the caller's. kind: to be sure of what it is; empty: any.
    [[nodiscard]] static namespace_entry descriptor(int number, namespaces kind = {}) { return {number, {}, 0, kind}; }
    /// By such a file's path.
    [[nodiscard]] static namespace_entry path(std::string file, namespaces kind = {}) { return {-1, std::move(file), 0, kind}; }
    /// Those of a process, all that `which` names. Linux >= 5.8.
    [[nodiscard]] static namespace_entry of_process(pid_t pid, namespaces which) { return {-1, {}, pid, which}; }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] pid_t process() const noexcept { return process_; }
    [[nodiscard]] namespaces kind() const noexcept { return kind_; }

  private:
    namespace_entry(int number, std::string file, pid_t process, namespaces kind)
        : number_(number), file_(std::move(file)), process_(process), kind_(kind) {}
    int number_;
    std::string file_;
    pid_t process_;
    namespaces kind_;
};

/// First those to join, in order, then new ones.
struct namespace_plan {
    namespaces fresh = {};
    std::vector<namespace_entry> join = {};
};

namespace abi {
/// run(argument) on a kernel thread in these namespaces; returns when that thread has ended.
void run_in_namespaces(const namespace_plan& plan, void (*run)(void*) noexcept, void* argument);
} // namespace abi

/// Runs f on a kernel thread of its own, in those namespaces and with a working directory and umask of its own, and returns f's value or
/// rethrows. The kernel thread has ended, and holds no namespace any more, when this returns; it never runs anything else. Suspends a task, blocks
/// a foreign kernel thread. Descriptors are the process's: a socket that f opens in a new net namespace may be returned and used.
/// f is no task: weft's waits block its kernel thread. Kernel threads that f makes inherit the namespaces.
/// Throws std::system_error that names the namespace: operation_not_permitted, invalid_argument (user namespaces; or none of
/// that kind in this kernel), no_space_on_device (/proc/sys/user), and what kernel_thread's constructor throws. Then f did not run.
template <class F>
auto run_in(const namespace_plan& plan, F&& f) {
    using value = std::invoke_result_t<F&>;
    static_assert(std::is_void_v<value> || std::is_object_v<value>, "weft::run_in returns values, not references");
    struct call {
        F& f;
        abi::outcome<value> out;
        static void run(void* argument) noexcept {
            auto& c = *static_cast<call*>(argument);
            try {
                c.out.fill([&c]() -> value { return std::invoke(c.f); });
            } catch (...) {
                c.out.error = std::current_exception();
            }
        }
    } c{f, {}};
    abi::run_in_namespaces(plan, &call::run, &c);
    if (c.out.error) {
        std::rethrow_exception(std::move(c.out.error));
    }
    if constexpr (!std::is_void_v<value>) {
        struct releaser {
            abi::outcome<value>& out;
            ~releaser() { out.destroy_value(); }
        } r{c.out};
        return c.out.take();
    }
}

/// The same in new namespaces alone.
template <class F>
auto run_in(namespaces fresh, F&& f) {
    return run_in(namespace_plan{fresh, {}}, std::forward<F>(f));
}

/// "net, uts"; empty: "none".
[[nodiscard]] std::string describe(namespaces which);

} // namespace weft
