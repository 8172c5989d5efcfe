// SPDX-License-Identifier: MIT
// Namespaces, id maps, ids and cgroups of a child, and what the kernel refuses. Cases that this machine does not allow say so.
#include "process_support.hpp"
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

using namespace support;
using weft::namespaces;
using weft::process;
using weft::process_options;
using weft::redirection;

namespace {

int skips = 0;

void skip_case(const char* why) {
    say("  SKIPPED: %s\n", why);
    ++skips;
}

process_options mapped(bool to_root = true) {
    process_options how;
    how.new_namespaces = namespaces::user;
    how.user_map = {{to_root ? 0u : 5000u, static_cast<std::uint32_t>(geteuid()), 1}};
    how.group_map = {{to_root ? 0u : 6000u, static_cast<std::uint32_t>(getegid()), 1}};
    return how;
}

bool may_make_user_namespaces() {
    try {
        process p({"true"}, mapped());
        return p.wait().success();
    } catch (const std::system_error& e) {
        skip_case(e.what());
        return false;
    }
}

void id_maps() {
    if (!may_make_user_namespaces()) {
        return;
    }
    REQUIRE(output_of("id -u; id -g; cat /proc/self/setgroups", mapped()) == "0\n0\ndeny\n");
    REQUIRE(output_of("id -u; id -g", mapped(false)) == "5000\n6000\n");
    // The function waits for its maps, too; with them it has every capability in there.
    process_options how = mapped();
    how.new_namespaces |= namespaces::uts | namespaces::net | namespaces::pid;
    process p([] {
        return getuid() == 0 && getgid() == 0 && getpid() == 1 && sethostname("mapped", 6) == 0 ? 0 : 1;
    }, how);
    REQUIRE(p.wait().success());
    // Without maps one is nobody.
    process_options none;
    none.new_namespaces = namespaces::user;
    REQUIRE(output_of("id -u", none) == "65534\n");
    const int descriptors = count_descriptors();
    for (int i = 0; i < 40; ++i) {
        process_options bad = mapped();
        bad.user_map = {{0, 0, 1}, {0, 1, 1}}; // the same inside twice
        require_refusal(EINVAL, "user map", [&] { process q({"true"}, bad); });
        require_refusal(EINVAL, "user map", [&] { process q([] { return 0; }, bad); });
        REQUIRE(no_children());
    }
    REQUIRE(count_descriptors() == descriptors);
    process_options groups = mapped();
    groups.supplementary_groups = std::vector<gid_t>{0};
    require_refusal(EPERM, "supplementary groups", [&] { process q({"true"}, groups); });
}

void new_namespaces() {
    process_options how;
    how.new_namespaces = namespaces::uts | namespaces::pid | namespaces::net | namespaces::ipc | namespaces::mount | namespaces::cgroup;
    if (geteuid() != 0) {
        skip_case("only root makes namespaces without a user namespace");
        return;
    }
    REQUIRE(output_of("echo $$; hostname inside; uname -n", how) == "1\ninside\n");
    REQUIRE(output_of("uname -n") != "inside\n");
    for (const char* kind : {"uts", "pid", "net", "ipc", "mnt", "cgroup"}) {
        const std::string file = std::string("/proc/self/ns/") + kind;
        char ours[64] = {}, childs[64] = {};
        REQUIRE(readlink(file.c_str(), ours, sizeof ours - 1) > 0);
        process p([] {
            pause();
            return 0;
        }, how);
        const std::string link = "/proc/" + std::to_string(p.id()) + "/ns/" + kind;
        REQUIRE(readlink(link.c_str(), childs, sizeof childs - 1) > 0);
        REQUIRE(std::strcmp(ours, childs) != 0);
        REQUIRE(p.kill());
        p.wait();
    }
    how.new_namespaces = namespaces::time; // by clone3 alone
    try {
        process p([] { return 0; }, how);
        REQUIRE(p.wait().success());
        process q({"true"}, how);
        REQUIRE(q.wait().success());
    } catch (const std::system_error& e) {
        REQUIRE(e.code().value() == EINVAL || e.code().value() == ENOSYS);
        skip_case(e.what());
    }
}

void other_ids() {
    if (geteuid() != 0) {
        skip_case("only root becomes another user");
        return;
    }
    process_options how;
    how.user = 65534;
    how.group = 65533;
    how.supplementary_groups = std::vector<gid_t>{1, 2};
    REQUIRE(output_of("id -u; id -g; id -G", how) == "65534\n65533\n65533 1 2\n");
    process p([] {
        uid_t r, e, s;
        return getresuid(&r, &e, &s) == 0 && r == 65534 && e == 65534 && s == 65534 && setuid(0) == -1 ? 0 : 1;
    }, how);
    REQUIRE(p.wait().success());
    // Somebody without rights is told which step was refused.
    process nobody([] {
        try {
            process_options up;
            up.user = 0;
            process q({"true"}, up);
        } catch (const std::system_error& e) {
            try {
                process_options fresh;
                fresh.new_namespaces = namespaces::net;
                process q({"true"}, fresh);
            } catch (const std::system_error& f) {
                return e.code().value() == EPERM && std::strstr(e.what(), "become user 0") && f.code().value() == EPERM &&
                               std::strstr(f.what(), "(net)")
                           ? 0
                           : 2;
            }
        }
        return 3;
    }, how);
    REQUIRE(nobody.wait().success());
}

void too_many_processes() {
    if (geteuid() != 0) {
        skip_case("needs a user of its own to count");
        return;
    }
    process_options how;
    how.user = 54321; // nobody else's, so the limit counts our own alone
    how.group = 54321;
    process p([] {
        const rlimit none{1, 1};
        setrlimit(RLIMIT_NPROC, &none);
        const int descriptors = count_descriptors();
        for (int i = 0; i < 20; ++i) {
            require_refusal(EAGAIN, "RLIMIT_NPROC", [] { process q({"true"}); });
            require_refusal(EAGAIN, "RLIMIT_NPROC", [] { process q([] { return 0; }); });
        }
        return no_children() && count_descriptors() == descriptors ? 0 : 4;
    }, how);
    REQUIRE(p.wait().success());
}

void too_many_descriptors() {
    process p([] {
        const rlimit few{12, 12};
        setrlimit(RLIMIT_NOFILE, &few);
        int last = -1;
        while (const int next = open("/dev/null", O_RDONLY | O_CLOEXEC)) {
            if (next < 0) {
                break;
            }
            last = next;
        }
        process_options how;
        how.output = redirection::pipe();
        require_refusal(EMFILE, "pipe", [&] { process q({"true"}, how); });
        require_refusal(EMFILE, "pipe", [&] { process q([] { return 0; }); });
        require_refusal(EMFILE, "pidfd", [&] { process q({"true"}); });
        close(last);
        process q({"true"});
        return q.wait().success() ? 0 : 4;
    });
    REQUIRE(p.wait().success());
}

std::string cgroup2_root() {
    std::ifstream mounts("/proc/self/mounts");
    std::string device, place, type, rest;
    while (mounts >> device >> place >> type && std::getline(mounts, rest)) {
        if (type == "cgroup2") {
            return place;
        }
    }
    return {};
}

void born_in_a_cgroup() {
    const std::string root = cgroup2_root();
    const std::string folder = root + "/weft-test-" + std::to_string(getpid());
    if (root.empty() || mkdir(folder.c_str(), 0755) != 0) {
        skip_case("no cgroup v2 where we may make a group");
        return;
    }
    process_options how;
    how.cgroup = folder;
    REQUIRE(output_of("cat /proc/self/cgroup", how).find("weft-test-") != std::string::npos);
    process p([] { return 5; }, how);
    REQUIRE(p.wait().code() == 5);
    REQUIRE(rmdir(folder.c_str()) == 0);
    require_refusal(ENOENT, "cannot open", [&] { process q({"true"}, how); });
    how.cgroup = "/tmp";
    require_refusal(EBADF, "cgroup '/tmp'", [&] { process q({"true"}, how); });
}

} // namespace

int main(int argc, char** argv) {
    const int code = run_cases(argc, argv,
                               {{"id maps are there before anything runs", id_maps},
                                {"new namespaces", new_namespaces},
                                {"other ids", other_ids},
                                {"too many processes", too_many_processes},
                                {"too many descriptors", too_many_descriptors},
                                {"born in a cgroup", born_in_a_cgroup}});
    return code == 0 && skips >= 5 ? skipped : code;
}
