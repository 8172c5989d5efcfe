// SPDX-License-Identifier: MIT
// run_in: work in other namespaces, on kernel threads that never come back. Needs CAP_SYS_ADMIN for most.
#include "process_support.hpp"
#include "support/watchdog.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <set>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <vector>
#include <weft/weft.hpp>

using namespace support;
using weft::namespaces;

namespace {

std::string link_of(const std::string& file) {
    char text[128];
    const ssize_t size = readlink(file.c_str(), text, sizeof text - 1);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string own(const char* kind) {
    return link_of(std::string("/proc/thread-self/ns/") + kind);
}

constexpr const char* kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts", "pid_for_children", "time_for_children"};

/// Every namespace that any kernel thread of this process is in; one line each. Threads that are ending have none.
std::set<std::string> held_by_threads() {
    std::set<std::string> held;
    DIR* tasks = opendir("/proc/self/task");
    REQUIRE(tasks);
    while (const dirent* task = readdir(tasks)) {
        if (task->d_name[0] == '.') {
            continue;
        }
        for (const char* kind : kinds) {
            const std::string link = link_of(std::string("/proc/self/task/") + task->d_name + "/ns/" + kind);
            if (!link.empty()) {
                held.insert(std::string(kind) + " " + link);
            }
        }
    }
    closedir(tasks);
    return held;
}

std::string host() {
    utsname name{};
    uname(&name);
    return name.nodename;
}

void new_ones() {
    const std::string before = host();
    const std::string inside = weft::run_in(namespaces::uts | namespaces::ipc, [&] {
        REQUIRE(sethostname("within", 6) == 0);
        REQUIRE(own("uts") != link_of("/proc/self/ns/uts"));
        REQUIRE(own("ipc") != link_of("/proc/self/ns/ipc"));
        REQUIRE(own("net") == link_of("/proc/self/ns/net"));
        return host();
    });
    REQUIRE(inside == "within" && host() == before);
    const int interfaces = weft::run_in(namespaces::net, [] {
        if (struct if_nameindex* all = if_nameindex()) {
            int n = 0;
            while (all[n].if_index != 0) {
                ++n;
            }
            if_freenameindex(all);
            return n;
        }
        return -1;
    });
    REQUIRE(interfaces >= 1 && interfaces <= 8); // lo, and what modules add to every net namespace
    weft::run_in(namespaces::mount, [] {
        if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
            REQUIRE(errno == EINVAL);
            std::fputs("  skipped: a mount of its own (/ is no mount point here: a chroot), so nothing can be mounted in private\n", stderr);
            return;
        }
        REQUIRE(mount("none", "/mnt", "tmpfs", 0, nullptr) == 0);
        REQUIRE(open("/mnt/weft-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0);
    });
    for (int fd = 3; fd < 64; ++fd) { // what f opened is the process's; close it
        if (link_of("/proc/self/fd/" + std::to_string(fd)).find("weft-was-here") != std::string::npos) {
            close(fd);
        }
    }
    REQUIRE(access("/mnt/weft-was-here", F_OK) == -1);
    weft::run_in(namespaces::cgroup, [] { REQUIRE(own("cgroup") != link_of("/proc/self/ns/cgroup")); });
}

void children_only() {
    // pid and time namespaces take in the children that f makes.
    const int pid = weft::run_in(namespaces::pid, [] {
        weft::process p([] { return static_cast<int>(getpid()); });
        return p.wait().code();
    });
    REQUIRE(pid == 1);
}

void values_and_exceptions() {
    REQUIRE(*weft::run_in(namespaces{}, [] { return std::make_unique<int>(7); }) == 7);
    weft::run_in(namespaces{}, [] {});
    bool caught = false;
    try {
        weft::run_in(namespaces::uts, []() -> int { throw std::runtime_error("from within"); });
    } catch (const std::runtime_error& e) {
        caught = std::string(e.what()) == "from within";
    }
    REQUIRE(caught);
}

void own_directory_and_umask() {
    char before[PATH_MAX], after[PATH_MAX];
    REQUIRE(getcwd(before, sizeof before));
    const mode_t mask = umask(022);
    weft::run_in(namespaces{}, [] {
        REQUIRE(chdir("/proc") == 0);
        umask(077);
    });
    REQUIRE(getcwd(after, sizeof after) && std::string(before) == after);
    REQUIRE(umask(mask) == 022);
}

void joins_existing() {
    weft::process_options how;
    how.new_namespaces = namespaces::uts | namespaces::net;
    weft::process holder([] {
        sethostname("holder", 6);
        for (;;) {
            pause();
        }
        return 0;
    }, how);
    const std::string folder = "/proc/" + std::to_string(holder.id()) + "/ns/";
    REQUIRE(eventually([&] {
        return weft::run_in({{}, {weft::namespace_entry::path(folder + "uts")}}, host) == "holder";
    }));
    const auto both = weft::namespace_entry::of_process(holder.id(), namespaces::uts | namespaces::net);
    weft::run_in({{}, {both}}, [&] {
        REQUIRE(host() == "holder");
        REQUIRE(own("net") == link_of(folder + "net"));
    });
    weft::file_descriptor file(open((folder + "uts").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(weft::run_in({{}, {weft::namespace_entry::descriptor(file.get(), namespaces::uts)}}, host) == "holder");
    // A process may join them too.
    weft::process_options join;
    join.join = {weft::namespace_entry::path(folder + "uts", namespaces::uts)};
    REQUIRE(output_of("uname -n", join) == "holder\n");
    // First joined, then new: a uts namespace of its own begins as a copy of the joined one.
    REQUIRE(weft::run_in({namespaces::uts, {weft::namespace_entry::path(folder + "uts")}}, [] {
                REQUIRE(host() == "holder");
                return sethostname("third", 5) == 0 ? host() : std::string();
            }) == "third");
    require_refusal(EINVAL, "net", [&] { // not a net namespace
        weft::run_in({{}, {weft::namespace_entry::descriptor(file.get(), namespaces::net)}}, [] {});
    });
    REQUIRE(holder.kill());
    holder.wait();
}

void refusals() {
    require_refusal(EINVAL, "user", [] { weft::run_in(namespaces::user | namespaces::uts, [] { _exit(failed); }); });
    require_refusal(ENOENT, "'/nowhere/ns'", [] {
        weft::run_in({{}, {weft::namespace_entry::path("/nowhere/ns")}}, [] { _exit(failed); });
    });
    require_refusal(EBADF, "not open", [] {
        weft::run_in({{}, {weft::namespace_entry::descriptor(4711)}}, [] { _exit(failed); });
    });
    weft::process gone({"true"});
    gone.wait();
    require_refusal(ESRCH, "process", [&] {
        weft::run_in({{}, {weft::namespace_entry::of_process(gone.id(), namespaces::net)}}, [] { _exit(failed); });
    });
    require_refusal(EINVAL, "user", [] { // one's own user namespace can be joined by nobody
        weft::run_in({{}, {weft::namespace_entry::path("/proc/self/ns/user", namespaces::user)}}, [] { _exit(failed); });
    });
    // Without privileges: in a child that gives them up.
    weft::process_options nobody;
    nobody.user = 65534;
    nobody.group = 65534;
    nobody.supplementary_groups = std::vector<gid_t>{};
    weft::process unprivileged([] {
        try {
            weft::run_in(namespaces::net, [] { _exit(failed); });
        } catch (const std::system_error& e) {
            return e.code().value() == EPERM && std::strstr(e.what(), "(net)") && std::strstr(e.what(), "CAP_SYS_ADMIN") ? 0 : 2;
        }
        return 3;
    }, nobody);
    REQUIRE(unprivileged.wait().success());
}

void two_thousand_leave_nothing() {
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        std::atomic<bool> stop{false};
        auto churn = rt.spawn([&] {
            // mo: relaxed: a flag, nothing else hangs on it.
            while (!stop.load(std::memory_order_relaxed)) {
                weft::spawn([] { weft::yield(); }).join();
                weft::blocking([] { usleep(50); }); // spares come and go meanwhile
            }
        });
        rt.run([] { weft::blocking([] { usleep(1000); }); });
        const std::set<std::string> before = held_by_threads();
        const int descriptors = count_descriptors();
        const unsigned each = workers == 2 ? 1000 : 500; // 2000 in all
        std::atomic<unsigned> done{0};
        std::vector<weft::join_handle<void>> players;
        for (unsigned n = 0; n < 4; ++n) {
            players.push_back(rt.spawn([&, n] {
                for (unsigned i = 0; i < each / 4; ++i) {
                    const namespaces fresh = n % 2 == 0 ? namespaces::uts | namespaces::ipc : namespaces::uts | namespaces::mount;
                    weft::run_in(fresh, [&] {
                        // Makes work known from within: no kernel thread of the runtime may be born here.
                        weft::spawn([] {}).detach();
                        ++done;
                    });
                }
            }));
        }
        for (auto& p : players) {
            p.join();
        }
        REQUIRE(done == each);
        const std::set<std::string> after = held_by_threads();
        for (const std::string& one : after) {
            if (before.count(one) == 0) {
                say("FAILED: %u workers: a kernel thread is left in %s\n", workers, one.c_str());
                _exit(failed);
            }
        }
        REQUIRE(after == before);
        // mo: relaxed: as above.
        stop.store(true, std::memory_order_relaxed);
        churn.join();
        REQUIRE(eventually([&] { return count_descriptors() <= descriptors; }));
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        weft::run_in(namespaces::uts, [] {});
    } catch (const std::system_error& e) {
        skip(e.what());
    }
    REQUIRE(eventually([] { return count_threads() == 1 || test::sanitized; })); // the driver of that trial has ended: the cases count from here
    return run_cases(argc, argv,
                     {{"new namespaces", new_ones},
                      {"pid namespaces take in children", children_only},
                      {"values and exceptions come back", values_and_exceptions},
                      {"a directory and umask of its own", own_directory_and_umask},
                      {"existing ones are joined", joins_existing},
                      {"refusals name the namespace", refusals},
                      {"2000 leave nothing behind", two_thousand_leave_nothing}},
                     280);
}
