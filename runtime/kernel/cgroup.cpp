// SPDX-License-Identifier: MIT
#include "kernel/cgroup.hpp"
#include "kernel/text_file.hpp"

namespace weft::kernel {

namespace {

/// Whether a comma-separated list has the word.
bool lists(std::string_view list, std::string_view word) noexcept {
    while (!list.empty()) {
        if (take_field(list, ',') == word) {
            return true;
        }
    }
    return false;
}

/// mountinfo writes space, tab, newline and backslash in paths as \ooo.
void add_unescaped(path_text& path, std::string_view text) noexcept {
    while (!text.empty()) {
        if (text[0] == '\\' && text.size() >= 4) {
            const char byte = static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            path.add({&byte, 1});
            text.remove_prefix(4);
        } else {
            const std::size_t plain = text.find('\\', 1);
            path.add(text.substr(0, plain));
            text.remove_prefix(plain == std::string_view::npos ? text.size() : plain);
        }
    }
}

/// Our group's path in the hierarchy of a version 1 controller, or of version 2 (controller empty).
bool find_own_group(const char* root, std::string_view controller, path_text& own) noexcept {
    text_file file(path_text(root, "/proc/self/cgroup").c_str());
    std::string_view line; // 4:cpu,cpuacct:/some/group   or   0::/some/group
    while (file.next_line(line)) {
        const std::string_view id = take_field(line, ':');
        const std::string_view controllers = take_field(line, ':');
        if (controller.empty() ? id == "0" && controllers.empty() : lists(controllers, controller)) {
            own.add(line);
            return true;
        }
    }
    return false;
}

/// Where that hierarchy is mounted, and which of its groups the mount begins with.
bool find_mount(const char* root, std::string_view controller, path_text& begin, path_text& where) noexcept {
    text_file file(path_text(root, "/proc/self/mountinfo").c_str());
    std::string_view line; // 36 35 0:30 BEGIN WHERE rw,... shared:9 - cgroup2 cgroup rw,...
    while (file.next_line(line)) {
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) {
            continue;
        }
        std::string_view tail = line.substr(dash + 3);
        const std::string_view type = take_field(tail, ' ');
        (void)take_field(tail, ' '); // source
        if (controller.empty() ? type != "cgroup2" : type != "cgroup" || !lists(tail, controller)) {
            continue;
        }
        for (int skip = 0; skip < 3; ++skip) {
            (void)take_field(line, ' ');
        }
        add_unescaped(begin, take_field(line, ' '));
        add_unescaped(where, take_field(line, ' '));
        return true;
    }
    return false;
}

/// Calls visit(directory) for our group and each group above it.
template <class Visit>
void for_own_groups(const char* root, std::string_view controller, Visit visit) noexcept {
    path_text own;
    path_text begin;
    path_text where;
    if (!find_own_group(root, controller, own) || !find_mount(root, controller, begin, where)) {
        return;
    }
    std::string_view below = own.view();
    const std::string_view cut = begin.view() == "/" ? "" : begin.view();
    // A path that does not lie below the mount's beginning, or leaves our cgroup namespace ("/../x"): only the mount itself is visible.
    if (!below.starts_with(cut) || below.find("..") != std::string_view::npos ||
        (below.size() > cut.size() && below[cut.size()] != '/')) {
        below = "";
    } else {
        below.remove_prefix(cut.size());
    }
    path_text directory(root, where.view());
    const std::size_t top = directory.view().size();
    directory.add(below == "/" ? "" : below);
    for (;;) {
        visit(directory.view());
        const std::size_t slash = directory.view().rfind('/');
        if (directory.view().size() <= top || slash == std::string_view::npos || slash < top) {
            return;
        }
        directory.cut(slash);
    }
}

/// The smaller of two limits where 0 stands for none.
template <class T>
T stricter(T a, T b) noexcept {
    return a == 0 ? b : b == 0 ? a : a < b ? a : b;
}

unsigned whole_cpus(std::uint64_t quota, std::uint64_t period) noexcept {
    if (quota == 0 || period == 0) {
        return 0;
    }
    const std::uint64_t cpus = quota / period + (quota % period != 0);
    return cpus > 1u << 20 ? 1u << 20 : static_cast<unsigned>(cpus);
}

} // namespace

unsigned cgroup_cpus(const char* root) noexcept {
    unsigned least = 0;
    for_own_groups(root, "", [&](std::string_view group) {
        text_file file(path_text(group, "/cpu.max").c_str());
        std::string_view line; // "max 100000" or "150000 100000"
        std::uint64_t quota = 0;
        std::uint64_t period = 0;
        if (file.next_line(line) && parse_number(take_field(line, ' '), quota) && parse_number(line, period)) {
            least = stricter(least, whole_cpus(quota, period));
        }
    });
    for_own_groups(root, "cpu", [&](std::string_view group) {
        std::uint64_t quota = 0; // -1, no number, when there is none
        std::uint64_t period = 0;
        if (read_number(path_text(group, "/cpu.cfs_quota_us").c_str(), quota) &&
            read_number(path_text(group, "/cpu.cfs_period_us").c_str(), period)) {
            least = stricter(least, whole_cpus(quota, period));
        }
    });
    return least;
}

std::uint64_t cgroup_tasks(const char* root) noexcept {
    std::uint64_t least = 0;
    for (const char* controller : {"", "pids"}) {
        for_own_groups(root, controller, [&](std::string_view group) {
            std::uint64_t limit = 0;
            if (read_number(path_text(group, "/pids.max").c_str(), limit)) {
                least = stricter(least, limit);
            }
        });
    }
    return least;
}

} // namespace weft::kernel
