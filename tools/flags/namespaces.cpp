// SPDX-License-Identifier: MIT
// The eight namespaces. The sandbox first leaves the machine's own where a half with the flag off would write there.
#include "flags/gallery.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weft/raw.hpp>

namespace weft::gallery {

namespace {

using f = clone_flag;

/// A privilege for the namespaces that want one: the machine's own, or that of a user namespace made for it.
void gain_privilege() {
    leave_world(f::newuts);
}

observation newns(bool on) {
    leave_world(f::newns);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || ::mount("none", "/tmp", "tmpfs", 0, nullptr) != 0 ||
        ::mkdir("/tmp/place", 0700) != 0) {
        throw unavailable(std::string("mount: ") + std::strerror(errno));
    }
    auto mount_there = [] {
        return ::mount("none", "/tmp/place", "tmpfs", 0, nullptr) == 0 && ::mkdir("/tmp/place/childs", 0700) == 0 ? 0 : 1;
    };
    const int status = start_or_say(clone_builder{}.flags(half({}, f::newns, on)), mount_there).wait().value();
    const bool seen = ::access("/tmp/place/childs", F_OK) == 0;
    return {status == 0 && !seen, std::string("the child mounted a tmpfs and made a directory in it; the parent ") +
                                      (seen ? "sees it" : "does not see it")};
}

observation newcgroup(bool on) {
    gain_privilege();
    struct seen {
        char name[64];
        char path[128];
    };
    auto& child = shared<seen>();
    auto look = [&child] {
        std::snprintf(child.name, sizeof child.name, "%s", namespace_name("cgroup").c_str());
        std::snprintf(child.path, sizeof child.path, "%s", own_cgroup().c_str());
    };
    start_or_say(clone_builder{}.flags(half({}, f::newcgroup, on)), look).wait();
    const bool other = namespace_name("cgroup") != child.name;
    return {other && child.name[0] != '\0',
            std::string("the child is in ") + (other ? "another cgroup namespace" : "the parent's cgroup namespace") +
                ", and sees itself at " + (child.path[0] ? child.path : "(no cgroup v2)") + ", the parent at " + own_cgroup()};
}

observation newuts(bool on) {
    leave_world(f::newuts);
    (void)::sethostname("parent", 6);
    auto rename = [] { return ::sethostname("child", 5); };
    start_or_say(clone_builder{}.flags(half({}, f::newuts, on)), rename).wait();
    char name[65] = "";
    ::gethostname(name, sizeof name - 1);
    return {std::strcmp(name, "parent") == 0, std::string("the child called the host 'child'; the parent reads '") + name + "'"};
}

observation newipc(bool on) {
    leave_world(f::newipc);
    constexpr key_t key = 0x77656674;
    auto make = [] { return ::msgget(key, IPC_CREAT | 0600) == -1; };
    start_or_say(clone_builder{}.flags(half({}, f::newipc, on)), make).wait();
    const bool found = ::msgget(key, 0600) != -1;
    return {!found, std::string("the child made a message queue; by its key the parent finds ") + (found ? "it" : "none")};
}

observation newuser(bool on) {
    struct seen {
        uid_t uid;
        bool unmapped;
        bool privileged;
    };
    auto& child = shared<seen>();
    auto look = [&child] {
        child = {::getuid(), read_text("/proc/self/uid_map").empty(),
                 read_text("/proc/self/status").find("CapEff:\t000001") != std::string::npos};
    };
    start_or_say(clone_builder{}.flags(half({}, f::newuser, on)), look).wait();
    return {child.unmapped, "the child's uid is " + std::to_string(child.uid) + (child.unmapped ? " (nobody maps it yet)" : "") +
                                ", the parent's " + std::to_string(::getuid()) + "; the child has " +
                                (child.privileged ? "every capability in its namespace" : "not every capability")};
}

observation newpid(bool on) {
    gain_privilege();
    auto& pid = shared<pid_t>();
    auto look = [&pid] { pid = raw_getpid(); };
    auto child = start_or_say(clone_builder{}.flags(half({}, f::newpid, on)), look);
    child.wait();
    return {pid == 1 && child.pid() != 1, std::string("the child calls itself ") +
                                              (pid == 1 ? "1" : "by the number that the parent knows") +
                                              "; its parent knows it by " + (child.pid() == pid ? "the same" : "another number")};
}

struct interfaces {
    int count;
    bool lo_up;
};

interfaces look_around() {
    interfaces found{0, false};
    const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int index = 1; index < 4096 && s != -1; ++index) {
        ifreq request{};
        request.ifr_ifindex = index;
        if (::ioctl(s, SIOCGIFNAME, &request) == 0) {
            ++found.count;
            if (std::strcmp(request.ifr_name, "lo") == 0 && ::ioctl(s, SIOCGIFFLAGS, &request) == 0) {
                found.lo_up = (request.ifr_flags & IFF_UP) != 0;
            }
        }
    }
    ::close(s);
    return found;
}

observation newnet(bool on) {
    // A world of one interface more, with lo up, so that both halves differ on every machine.
    leave_world(f::newnet);
    const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq lo{};
    std::strcpy(lo.ifr_name, "lo");
    lo.ifr_flags = IFF_UP;
    if (::ioctl(s, SIOCSIFFLAGS, &lo) != 0) {
        throw unavailable(std::string("lo cannot be brought up: ") + std::strerror(errno));
    }
    ::close(s);
    auto& child = shared<interfaces>();
    auto look = [&child] { child = look_around(); };
    start_or_say(clone_builder{}.flags(half({}, f::newnet, on)), look).wait();
    return {child.count >= 1 && !child.lo_up, "the child sees " + std::to_string(child.count) + " interface(s), and lo is " +
                                                  (child.lo_up ? "up, as the parent left it" : "down")};
}

double monotonic_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec);
}

observation newtime(bool on) {
    gain_privilege();
    if (namespace_name("time").empty()) {
        throw unavailable("this kernel has no time namespaces (Linux 5.6, CONFIG_TIME_NS)");
    }
    struct seen {
        char name[64];
        double clock;
    };
    auto& child = shared<seen>();
    auto look = [&child] {
        std::snprintf(child.name, sizeof child.name, "%s", namespace_name("time").c_str());
        child.clock = monotonic_seconds();
    };
    start_or_say(clone_builder{}.flags(half({}, f::newtime, on)), look).wait();
    const bool other = namespace_name("time") != child.name;
    std::string text = std::string("the child is in ") + (other ? "a time namespace of its own" : "the parent's time namespace");
    if (!on) {
        return {other, text};
    }
    // A clock that differs must be told before anybody is in there: unshare, write, and the next child enters.
    const std::string line = "monotonic 1000000 0";
    bool offset = raw_unshare(static_cast<unsigned long>(f::newtime)) == 0;
    const int file = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    offset = offset && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!offset) {
        throw unavailable(std::string("timens_offsets: ") + std::strerror(errno));
    }
    const double before = monotonic_seconds();
    start_or_say(clone_builder{}, look).wait();
    const double ahead = child.clock - before;
    text += "; after unshare and an offset of 1000000 s the next child's monotonic clock is " +
            std::to_string(static_cast<long>(ahead)) + " s ahead";
    return {other && ahead > 999'990 && ahead < 1'000'010, text};
}

constexpr experiment table[] = {
    {f::newns, "its own mounts (copies of the parent's)", "does the parent see what the child mounts?", newns},
    {f::newcgroup, "its own view of the cgroup tree, with its cgroup as the root", "in which cgroup namespace is the child?",
     newcgroup},
    {f::newuts, "its own host and domain name", "does the host's name change for the parent?", newuts},
    {f::newipc, "its own System V IPC and POSIX message queues", "does the parent find the child's message queue?", newipc},
    {f::newuser, "its own users and capabilities", "who is the child?", newuser},
    {f::newpid, "its own process numbers: the child is 1, and when it ends all others in there are killed",
     "what does the child call itself?", newpid},
    {f::newnet, "its own interfaces, routes and ports: only lo, and down", "which interfaces does the child see?", newnet},
    {f::newtime, "its own monotonic and boot clocks", "whose clock does the child read?", newtime},
};

} // namespace

std::span<const experiment> namespace_experiments() {
    return table;
}

} // namespace weft::gallery
