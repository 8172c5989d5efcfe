// SPDX-License-Identifier: MIT
#include "lab/sweeps/room.hpp"
#include "lab/report/units.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/system_files.hpp"
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>

namespace weft::lab {

namespace {

/// Kernel stack, task_struct, page tables, and the few pages of a thread's own that are touched.
constexpr std::size_t bytes_a_thread = 64 << 10;

std::optional<std::size_t> number_of(const std::string& text) {
    char* end = nullptr;
    const unsigned long long n = std::strtoull(text.c_str(), &end, 10);
    return end == text.c_str() ? std::nullopt : std::optional<std::size_t>(n);
}

std::optional<std::size_t> number_in(const std::string& path) {
    return number_of(first_line(path));
}

/// The folder of this process's cgroup and all above it: version 2, or the controller's own tree of
/// version 1.
template <class Each>
void each_cgroup(const char* controller, Each each) {
    std::ifstream in("/proc/self/cgroup");
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        std::string root;
        if (controllers == ",,") {
            root = "/sys/fs/cgroup";
        } else if (controllers.find(std::string(",") + controller + ",") != std::string::npos) {
            root = std::string("/sys/fs/cgroup/") + controller;
        } else {
            continue;
        }
        for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
            each(root + (path == "/" ? "" : path));
            if (path.empty() || path.rfind('/') == std::string::npos) {
                break;
            }
        }
    }
}

std::size_t available_memory() {
    std::size_t bytes = number_of(value_in("/proc/meminfo", "MemAvailable")).value_or(256 << 10) * 1024;
    each_cgroup("memory", [&](const std::string& folder) {
        for (const auto& [limit, used] : {std::pair("/memory.max", "/memory.current"),
                                          std::pair("/memory.limit_in_bytes", "/memory.usage_in_bytes")}) {
            const auto most = number_in(folder + limit);
            const auto now = number_in(folder + used);
            if (most && now) {
                bytes = std::min(bytes, *most > *now ? *most - *now : 0);
            }
        }
    });
    return bytes;
}

/// Threads of the whole machine now: "0.10 0.05 0.01 2/345 6789" of /proc/loadavg.
std::size_t threads_now() {
    const std::string line = first_line("/proc/loadavg");
    const std::size_t slash = line.find('/');
    return slash == std::string::npos ? 0 : number_of(line.substr(slash + 1)).value_or(0);
}

std::size_t mappings_now() {
    std::ifstream in("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);) {
        ++count;
    }
    return count;
}

class narrowest {
  public:
    explicit narrowest(std::size_t wanted) : found_{wanted, {}} {}
    /// Half of what is left under a limit.
    void bound(std::size_t limit, std::size_t used, const std::string& name) {
        const std::size_t half = limit > used ? (limit - used) / 2 : 0;
        if (half < found_.most) {
            found_ = {half, name + " is " + std::to_string(limit) + ", " + std::to_string(used) +
                                " of it taken, and half of the rest is left to others"};
        }
    }
    [[nodiscard]] room found() const { return found_; }

  private:
    room found_;
};

} // namespace

room room_for_threads(std::size_t wanted, std::size_t mappings_each) {
    narrowest n(wanted);
    const std::size_t threads = threads_now();
    rlimit processes{};
    if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_cur != RLIM_INFINITY) {
        n.bound(processes.rlim_cur, threads, "RLIMIT_NPROC");
    }
    if (const auto most = number_in("/proc/sys/kernel/threads-max")) {
        n.bound(*most, threads, "kernel.threads-max");
    }
    if (const auto most = number_in("/proc/sys/kernel/pid_max")) {
        n.bound(*most, threads, "kernel.pid_max");
    }
    each_cgroup("pids", [&](const std::string& folder) {
        const auto most = number_in(folder + "/pids.max"); // "max": none
        if (most) {
            n.bound(*most, number_in(folder + "/pids.current").value_or(0), "pids.max of the cgroup");
        }
    });
    if (const auto most = number_in("/proc/sys/vm/max_map_count")) {
        n.bound(*most / mappings_each, mappings_now() / mappings_each,
                "vm.max_map_count, at " + std::to_string(mappings_each) + " mappings a thread,");
    }
    const std::size_t memory = available_memory();
    n.bound(memory / bytes_a_thread, 0,
            "the available memory, " + as_bytes(static_cast<double>(memory)) + ", in threads of 64 KiB,");
    return n.found();
}

room room_for_memory(std::size_t wanted) {
    const std::size_t available = available_memory();
    if (available / 4 < wanted) {
        return {available / 4, as_bytes(static_cast<double>(available)) +
                                   " of memory are available, and a quarter of it is taken"};
    }
    return {wanted, {}};
}

} // namespace weft::lab
