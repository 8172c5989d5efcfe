// SPDX-License-Identifier: MIT
#include "flags/gallery.hpp"
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace weft::gallery {

namespace {

enum verdict : char { no_effect = 'n', effect = 'e', missing = 'm', broken = 'b' };

constexpr unsigned seconds_for_a_half = 20;

/// One half in a process of its own, which tells by a pipe.
std::pair<verdict, std::string> run_half(const experiment& e, bool on) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return {broken, std::strerror(errno)};
    }
    std::fflush(nullptr);
    const pid_t sandbox = ::fork();
    if (sandbox == 0) {
        ::close(ends[0]);
        ::alarm(seconds_for_a_half);
        char first = broken;
        std::string text;
        try {
            const observation o = e.look(on);
            first = o.effect ? effect : no_effect;
            text = o.saw;
        } catch (const unavailable& u) {
            first = missing;
            text = u.what();
        } catch (const std::exception& x) {
            text = x.what();
        }
        (void)!::write(ends[1], &first, 1);
        (void)!::write(ends[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string said;
    char buffer[512];
    ssize_t n = 0;
    while (sandbox > 0 && ((n = ::read(ends[0], buffer, sizeof buffer)) > 0 || (n == -1 && errno == EINTR))) {
        said.append(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    ::close(ends[0]);
    int status = 0;
    while (sandbox > 0 && ::waitpid(sandbox, &status, 0) == -1 && errno == EINTR) {
    }
    if (said.empty()) {
        std::snprintf(buffer, sizeof buffer, "the sandbox died, wait status %#x", static_cast<unsigned>(status));
        return {broken, buffer};
    }
    return {static_cast<verdict>(said[0]), said.substr(1)};
}

} // namespace

const experiment* experiment_for(clone_flag flag) {
    for (const auto group : {sharing_experiments(), kinship_experiments(), word_experiments(), namespace_experiments()}) {
        for (const experiment& e : group) {
            if (e.flag == flag) {
                return &e;
            }
        }
    }
    return nullptr;
}

finding run(const experiment& e) {
    finding f;
    for (const bool on : {false, true}) {
        auto [v, text] = run_half(e, on);
        if (v == missing) {
            f.why_not = text;
            return f;
        }
        if (v == broken) {
            f.broken = on ? "on: " : "off: ";
            f.broken += text;
            return f;
        }
        (on ? f.on : f.off) = {v == effect, text};
    }
    return f;
}

clone_child start_or_say(const clone_builder& how, int (*fn)(void*), void* arg) {
    clone_outcome out = how.try_start(fn, arg);
    if (!out && !out.refusal().rule) {
        switch (out.refusal().error) {
        case EPERM:
        case EACCES:
        case ENOSYS:
        case ENOSPC:
        case EUSERS:
        case EINVAL:
        case EBUSY:
        case EOPNOTSUPP:
            throw unavailable(out.refusal().sentence);
        default:
            break;
        }
    }
    return std::move(out).get();
}

void leave_world(clone_flags namespaces) {
    const auto uid = ::getuid();
    const auto gid = ::getgid();
    clone_refusal why = try_unshare(namespaces);
    if (why.error == EPERM) {
        why = try_unshare(namespaces | clone_flag::newuser);
        if (why.error == 0) {
            const auto write_line = [](const char* path, std::string_view line) {
                const int file = ::open(path, O_WRONLY | O_CLOEXEC);
                (void)!::write(file, line.data(), line.size());
                ::close(file);
            };
            write_line("/proc/self/setgroups", "deny");
            char line[32];
            std::snprintf(line, sizeof line, "0 %u 1", uid);
            write_line("/proc/self/uid_map", line);
            std::snprintf(line, sizeof line, "0 %u 1", gid);
            write_line("/proc/self/gid_map", line);
        }
    }
    if (why.error != 0) {
        throw unavailable(why.sentence);
    }
}

std::string read_text(const char* path) {
    std::string text;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    char buffer[4096];
    ssize_t n = 0;
    while (file != -1 && (n = ::read(file, buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(n));
    }
    if (file != -1) {
        ::close(file);
    }
    return text;
}

long status_number(const char* key) {
    const std::string text = read_text("/proc/self/status");
    char line[64];
    std::snprintf(line, sizeof line, "\n%s:", key);
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::strtol(text.c_str() + at + std::strlen(line), nullptr, 10);
}

std::string namespace_name(const char* kind) {
    char name[64] = "";
    const ssize_t n = ::readlink((std::string("/proc/self/ns/") + kind).c_str(), name, sizeof name - 1);
    return n > 0 ? std::string(name, static_cast<std::size_t>(n)) : std::string();
}

std::string own_cgroup() {
    std::string text = "\n";
    text += read_text("/proc/self/cgroup");
    const std::size_t at = text.find("\n0::");
    return at == std::string::npos ? std::string() : text.substr(at + 4, text.find('\n', at + 1) - at - 4);
}

std::string own_cgroup_directory() {
    const std::string mounts = read_text("/proc/self/mounts");
    for (std::size_t at = 0; at < mounts.size();) {
        const std::size_t end = std::min(mounts.find('\n', at), mounts.size());
        char where[1024] = "", kind[64] = "";
        if (std::sscanf(mounts.substr(at, end - at).c_str(), "%*s %1023s %63s", where, kind) == 2 &&
            std::strcmp(kind, "cgroup2") == 0) {
            return where + own_cgroup();
        }
        at = end + 1;
    }
    return {};
}

} // namespace weft::gallery
