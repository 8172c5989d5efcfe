// SPDX-License-Identifier: MIT
// weft::process: another process, made by clone(2), held by a pidfd.
//
//   weft::process_options how;
//   how.output = weft::redirection::pipe();
//   weft::process list({"ls", "-l"}, how);
//   std::string text = list.output.read_all(); // a task suspends, a kernel thread blocks
//   if (!list.wait().success()) ...
//
// A program is spawned without copying the parent's page tables, so the price does not grow with memory, and it is safe in a process with
// workers and other threads. A function runs in a copy of the calling thread alone: see process(F, options) for what works there.
// The handle is for one thread or task at a time, except signal(), terminate() and kill(), which others may call meanwhile.
#pragma once
#include <weft/error.hpp>
#include <weft/file_descriptor.hpp>
#include <weft/namespaces.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

/// What becomes of one of the child's descriptors.
class redirection {
  public:
    enum class kind { inherited, null, descriptor, pipe, read, write, append, output };

    redirection() = default;                                                  ///< as the parent's
    [[nodiscard]] static redirection null() { return {kind::null, -1, {}}; }  ///< /dev/null
    [[nodiscard]] static redirection descriptor(int ours) { return {kind::descriptor, ours, {}}; } ///< stays open here
    /// A new pipe; the parent's end is process::input, output or error.
    [[nodiscard]] static redirection pipe() { return {kind::pipe, -1, {}}; }
    [[nodiscard]] static redirection read(std::string file) { return {kind::read, -1, std::move(file)}; }
    [[nodiscard]] static redirection write(std::string file) { return {kind::write, -1, std::move(file)}; } ///< made or cut to nothing
    [[nodiscard]] static redirection append(std::string file) { return {kind::append, -1, std::move(file)}; }
    [[nodiscard]] static redirection to_output() { return {kind::output, -1, {}}; } ///< for error: where output goes

    [[nodiscard]] kind what() const noexcept { return what_; }
    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    redirection(kind what, int number, std::string file) : what_(what), number_(number), file_(std::move(file)) {}
    kind what_ = kind::inherited;
    int number_ = -1;
    std::string file_;
};

/// Signals 1 to 64. Others are ignored.
class signal_set {
  public:
    constexpr signal_set() noexcept = default;
    constexpr signal_set(std::initializer_list<int> signals) noexcept {
        for (int signal : signals) {
            add(signal);
        }
    }
    [[nodiscard]] static constexpr signal_set all() noexcept {
        signal_set s;
        s.bits_ = ~std::uint64_t{0};
        return s;
    }
    constexpr void add(int signal) noexcept {
        if (signal >= 1 && signal <= 64) {
            bits_ |= std::uint64_t{1} << (signal - 1);
        }
    }
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  private:
    std::uint64_t bits_ = 0;
};

/// Ids inside, inside + 1, ... of the new user namespace are outside, outside + 1, ... here; see user_namespaces(7).
struct id_range {
    std::uint32_t inside = 0;
    std::uint32_t outside = 0;
    std::uint32_t count = 1;
};

struct process_options {
    bool search_path = true; ///< a program's name without a slash is looked for in PATH (the child's own, if it gets one)
    std::optional<std::vector<std::string>> environment = {}; ///< "NAME=value"; empty: the parent's
    std::string directory = {};                               ///< empty: the parent's
    redirection input = {};
    redirection output = {};
    redirection error = {};
    struct descriptor_copy {
        int ours;
        int childs;
    };
    std::vector<descriptor_copy> descriptors = {}; ///< more descriptors for the child, at the numbers wanted there
    bool close_others = true;                      ///< the child gets no other descriptor than 0, 1, 2 (unless close-on-exec) and those above

    namespaces new_namespaces = {};
    std::vector<namespace_entry> join = {};    ///< existing namespaces to join
    std::vector<id_range> user_map = {};       ///< for a new user namespace; written by the parent before anything runs
    std::vector<id_range> group_map = {};
    bool deny_setgroups = true;                ///< before the group map is written, as an unprivileged parent must
    std::string cgroup = {};                   ///< directory of a cgroup v2 to be born in (Linux >= 5.7)

    std::optional<uid_t> user = {};            ///< real, effective and saved
    std::optional<gid_t> group = {};
    std::optional<std::vector<gid_t>> supplementary_groups = {};

    std::optional<signal_set> blocked_signals = {}; ///< empty: as the calling thread's
    signal_set default_signals = {};                ///< beside every signal with a handler, which always goes back to default
    signal_set ignored_signals = {};
    bool new_session = false;
    std::optional<pid_t> process_group = {}; ///< 0: a new one of its own
    int death_signal = 0; ///< sent to the child when the kernel thread that spawned it ends (prctl PR_SET_PDEATHSIG)
};

/// How a process ended.
class exit_status {
  public:
    enum class kind { exited, signaled };
    constexpr exit_status(kind how, int value, bool core) noexcept : how_(how), value_(value), core_(core) {}

    [[nodiscard]] constexpr bool success() const noexcept { return how_ == kind::exited && value_ == 0; }
    [[nodiscard]] constexpr bool exited() const noexcept { return how_ == kind::exited; }
    [[nodiscard]] constexpr bool signaled() const noexcept { return how_ == kind::signaled; }
    /// The exit code; -1 when a signal ended it.
    [[nodiscard]] constexpr int code() const noexcept { return exited() ? value_ : -1; }
    /// The signal that ended it; 0 when it exited.
    [[nodiscard]] constexpr int signal() const noexcept { return signaled() ? value_ : 0; }
    [[nodiscard]] constexpr bool core_dumped() const noexcept { return core_; }
    friend constexpr bool operator==(const exit_status&, const exit_status&) noexcept = default;
    /// "exited with 3", "ended by signal 9 (Killed)".
    [[nodiscard]] std::string describe() const;

  private:
    kind how_;
    int value_;
    bool core_;
};

class process {
  public:
    process() noexcept = default;

    /// Runs a program: arguments[0] and its arguments. Returns when it has been exec'ed, so what hinders that is known here. Blocks the kernel
    /// thread for that time (about 100 us). Throws bad_option for an empty list, a NUL inside a string, a descriptor asked for
    /// twice; std::system_error when the kernel refuses, with its errno and a sentence that says which step: then no child, zombie or
    /// descriptor is left.
    explicit process(const std::vector<std::string>& arguments, const process_options& how = {});

    /// Runs f() in a copy of this process; its value (an int, or 0 for void) is the exit code, an exception that leaves it ends the
    /// child by SIGABRT. As after fork(2) the copy has one thread, this one. Locks that other threads held stay held for ever there, malloc's and
    /// stdio's too: in a process with other threads f must keep to async-signal-safe functions. weft's tasks do not exist
    /// there. Exit handlers are not run and stdio is not flushed. Handlers of signals are reset as for a program, and other
    /// descriptors closed. Throws as the other constructor.
    template <class F>
        requires(std::is_invocable_v<F&> && !std::is_convertible_v<F &&, std::vector<std::string>>)
    explicit process(F&& f, const process_options& how = {}) {
        using value = std::invoke_result_t<F&>;
        static_assert(std::is_void_v<value> || std::is_convertible_v<value, int>, "weft::process: f returns an exit code or nothing");
        start(
            [](void* argument) noexcept -> int {
                auto& call = *static_cast<std::remove_reference_t<F>*>(argument);
                if constexpr (std::is_void_v<value>) {
                    std::invoke(call);
                    return 0;
                } else {
                    return std::invoke(call);
                }
            },
            const_cast<void*>(static_cast<const volatile void*>(std::addressof(f))), how);
    }

    process(process&& other) noexcept;
    /// Panics when this object still owes a wait(), as the destructor.
    process& operator=(process&& other) noexcept;
    /// Ends the program with a sentence when the child was neither waited for nor detached: its end would be lost, and it would stay a zombie.
    ~process();

    file_descriptor input;  ///< our end of a pipe asked for by process_options::input
    file_descriptor output; ///< likewise
    file_descriptor error;  ///< likewise

    /// Whether there is a child that has not been waited for.
    [[nodiscard]] bool joinable() const noexcept { return pid_ != 0 && !status_; }
    /// The process id, also after the end (then the kernel may give the number away again); 0 without a child.
    [[nodiscard]] pid_t id() const noexcept { return pid_; }
    /// The pidfd, readable when the process has ended; -1 without a child. Open until this object goes.
    [[nodiscard]] int native_handle() const noexcept { return pidfd_.get(); }

    /// Waits until the process has ended and returns how; again the same when it was known. Suspends a task, blocks a foreign kernel thread.
    /// Throws std::system_error: invalid_argument without a child, no_child_process when somebody else took its status.
    exit_status wait();
    /// The same without waiting: empty while it runs.
    [[nodiscard]] std::optional<exit_status> try_wait();
    /// The same with a limit: empty when the time is up.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<exit_status> wait_for(const std::chrono::duration<Rep, Period>& limit) {
        return wait_until_ns(abi::deadline_after(limit));
    }
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<exit_status> wait_until(const std::chrono::time_point<Clock, Duration>& when) {
        abi::until(when, [this](std::uint64_t deadline) { return wait_until_ns(deadline).has_value(); });
        return status_;
    }

    /// Sends a signal through the pidfd, so never to another process with the same number. False when it has ended.
    /// Throws std::system_error: invalid_argument (no such signal, or no child), operation_not_permitted.
    bool signal(int number);
    bool terminate(); ///< signal(SIGTERM)
    bool kill();      ///< signal(SIGKILL)

    /// Lets it run on without us; its end is reaped in the background. Throws std::system_error (invalid_argument) when not joinable.
    void detach();

    void swap(process& other) noexcept;
    friend void swap(process& a, process& b) noexcept { a.swap(b); }

  private:
    void start(int (*function)(void*) noexcept, void* argument, const process_options& how);
    void spawn(const std::vector<std::string>* arguments, int (*function)(void*) noexcept, void* argument, const process_options& how);
    std::optional<exit_status> wait_until_ns(std::uint64_t deadline_ns);
    void require_child(const char* call) const;

    pid_t pid_ = 0;
    file_descriptor pidfd_;
    std::optional<exit_status> status_;
};

} // namespace weft
