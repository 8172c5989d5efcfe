// SPDX-License-Identifier: MIT
// 08: a container, from nothing but clone(2) and mount(2).
//
//   08_container [COMMAND ARGUMENT ...]    runs it in there and returns its status; without a command it shows what is different
//   in there
//
// The child gets six namespaces of its own: users (so that none of this needs root), processes (it is number 1), network (lo
// alone, down), mounts (its own root, a tmpfs with /usr and friends bound in read-only), the host's name, and System V IPC. 77:
// this machine does not allow it.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <weft/clone.hpp>

namespace {

constexpr int not_allowed = 77;

/// The step that failed, and the end of the child.
[[noreturn]] void give_up(const char* step) {
    std::fprintf(stderr, "container: %s: %s\n", step, std::strerror(errno));
    _exit(not_allowed);
}
void must(bool done, const char* step) {
    if (!done) {
        give_up(step);
    }
}

void write_file(const std::string& path, const std::string& text) {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    must(file != -1 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()), path.c_str());
    close(file);
}

/// A directory of the host, seen in the new root. A bind copies the flags that a user namespace may not take off; nosuid and ro
/// are ours.
void bind_in(const std::string& root, const char* path) {
    struct stat kind {};
    if (lstat(path, &kind) != 0) {
        return; // not every machine has /lib64
    }
    const std::string there = root + path;
    if (S_ISLNK(kind.st_mode)) { // /bin -> usr/bin
        char target[256] = "";
        must(readlink(path, target, sizeof target - 1) > 0 && symlink(target, there.c_str()) == 0, path);
        return;
    }
    must(mkdir(there.c_str(), 0755) == 0, there.c_str());
    must(mount(path, there.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0, "bind");
    (void)mount(nullptr, there.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr);
}

void change_root() {
    // From here on no mount of ours reaches the host.
    must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
    const std::string root = "/tmp"; // our own /tmp, hidden by the tmpfs: nothing is left behind on the host
    must(mount("container", root.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") == 0, "tmpfs");
    for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"}) {
        bind_in(root, path);
    }
    must(mkdir((root + "/proc").c_str(), 0555) == 0 && mkdir((root + "/old").c_str(), 0700) == 0, "mkdir");
    must(mount("proc", (root + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "proc");
    must(chdir(root.c_str()) == 0 && syscall(SYS_pivot_root, ".", "old") == 0 && chdir("/") == 0, "pivot_root");
    must(umount2("/old", MNT_DETACH) == 0 && rmdir("/old") == 0, "leave the old root");
}

/// The child: number 1 in its world. `go` is closed by the parent when our ids are mapped.
int inside(int go, char** command) {
    char nothing = 0;
    while (read(go, &nothing, 1) == -1 && errno == EINTR) {
    }
    close(go);
    must(sethostname("container", 9) == 0, "sethostname");
    change_root();
    execvp(command[0], command);
    std::fprintf(stderr, "container: %s: %s\n", command[0], std::strerror(errno));
    return 127;
}

} // namespace

int main(int argc, char** argv) {
    char shell[] = "sh", dash_c[] = "-c";
    char script[] = "echo I am process $$ of $(ls -d /proc/[0-9]* | wc -l), uid $(id -u), on $(cat /proc/sys/kernel/hostname);"
                    "echo interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1);"
                    "echo /var of the host: $(test -e /var && echo seen || echo not there); exit 7";
    char* demonstration[] = {shell, dash_c, script, nullptr};
    char** command = argc > 1 ? argv + 1 : demonstration;

    int go[2];
    if (pipe2(go, O_CLOEXEC) != 0) {
        give_up("pipe");
    }
    using f = weft::clone_flag;
    auto started =
        weft::clone_builder{}.flags(f::newuser | f::newpid | f::newnet | f::newns | f::newuts | f::newipc).pidfd().try_start([&] {
            close(go[1]);
            return inside(go[0], command);
        });
    close(go[0]);
    if (!started) {
        std::fprintf(stderr, "container: %s\n", started.refusal().sentence.c_str());
        return not_allowed;
    }
    // Root in there is whoever runs this out here. Only the parent may say so, and setgroups must be given up first.
    const std::string proc = "/proc/" + std::to_string(started.child().pid());
    write_file(proc + "/setgroups", "deny");
    write_file(proc + "/uid_map", "0 " + std::to_string(geteuid()) + " 1");
    write_file(proc + "/gid_map", "0 " + std::to_string(getegid()) + " 1");
    close(go[1]);

    const weft::child_end end = started.child().wait();
    const int status = end.exited() ? end.value() : 128 + end.signal();
    if (command != demonstration || status == not_allowed) {
        return status;
    }
    std::printf("it returned %d\n", status);
    return status == 7 ? 0 : 1;
}
