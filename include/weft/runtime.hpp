// SPDX-License-Identifier: MIT
// weft::runtime: N workers, each a kernel thread made by clone(2), and the tasks that they run.
#pragma once
#include <weft/abi.hpp>
#include <weft/error.hpp>
#include <weft/join_handle.hpp>
#include <weft/spawn.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace weft {

/// How many CPUs this process may use: its affinity mask, bounded by the cgroup's CPU quota; at least 1.
[[nodiscard]] unsigned usable_cpus() noexcept;

struct runtime_options {
    unsigned workers = usable_cpus();     ///< 1 to 1024 kernel threads that run tasks
    std::size_t stack_size = 64 * 1024;   ///< bytes of a task's stack, guard page and up to 4 KiB of the runtime's own included; 16 KiB to 1 GiB, rounded up to pages
    std::string name = "weft";            ///< kernel threads are called name/0, name/1, ...; at most 10 bytes are kept
    bool pin_workers = false;             ///< worker i to the i-th CPU of the maker's affinity mask, round robin
    unsigned max_blocking = 512;          ///< spare kernel threads that blocking() may make; beyond as many sections it blocks its worker
};

class runtime {
  public:
    /// Starts the workers. Throws bad_option for options that cannot be meant and std::system_error when the kernel
    /// refuses a thread or memory; then nothing is left behind.
    explicit runtime(runtime_options options = {});
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;
    /// Waits for every task, also detached ones, then ends and joins the workers. Blocks the kernel thread. Called by
    /// a task of this runtime it panics.
    ~runtime();

    /// Runs f as a task and waits: blocks a foreign kernel thread, suspends a task. Returns f's value or rethrows.
    template <class F>
    decltype(auto) run(F&& f) {
        return abi::spawn_in(core_, {}, std::forward<F>(f)).join();
    }

    /// As weft::spawn, into this runtime, from any thread or task.
    template <class F>
    auto spawn(F&& f) {
        return abi::spawn_in(core_, {}, std::forward<F>(f));
    }
    template <class F>
    auto spawn(const spawn_options& options, F&& f) {
        return abi::spawn_in(core_, options, std::forward<F>(f));
    }

    [[nodiscard]] unsigned workers() const noexcept;

    /// Writes what every worker does and what is queued, parked and pending to a descriptor. For watchdogs: takes
    /// no lock, so the figures are a sketch.
    void dump(int descriptor) const noexcept;

  private:
    abi::runtime_core* core_;
};

} // namespace weft
