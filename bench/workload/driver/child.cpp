// SPDX-License-Identifier: MIT
#include "driver/child.hpp"
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;

namespace weft::workload {

namespace {

class descriptor {
  public:
    descriptor() = default;
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { close(); }
    void close() {
        if (number >= 0) {
            ::close(number);
            number = -1;
        }
    }
    int number = -1;
};

struct pipe_ends {
    pipe_ends() {
        std::array<int, 2> both{};
        if (pipe2(both.data(), O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe2");
        }
        out.number = both[0];
        in.number = both[1];
    }
    descriptor out;
    descriptor in;
};

/// Reads what is there; closes at the end of the file.
void drain(descriptor& from, std::string& into) {
    std::array<char, 4096> part{};
    const ssize_t n = read(from.number, part.data(), part.size());
    if (n > 0) {
        into.append(part.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
        from.close();
    }
}

} // namespace

child_end run_child(const std::string& program, const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
    pipe_ends out;
    pipe_ends err;
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) {
        words.push_back(const_cast<char*>(a.c_str()));
    }
    words.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.in.number, 1);
    posix_spawn_file_actions_adddup2(&actions, err.in.number, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t child = -1;
    const int refused = posix_spawn(&child, program.c_str(), &actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (refused != 0) {
        throw std::system_error(refused, std::generic_category(), "cannot start " + program);
    }
    out.in.close();
    err.in.close();

    child_end end;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (out.out.number >= 0 || err.out.number >= 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            end.too_late = true;
            kill(-child, SIGKILL); // its group: also what it has started
            break;
        }
        std::array<pollfd, 2> wanted{pollfd{out.out.number, POLLIN, 0}, pollfd{err.out.number, POLLIN, 0}};
        if (poll(wanted.data(), wanted.size(), static_cast<int>(left.count()) + 1) <= 0) {
            continue;
        }
        if (wanted[0].revents) {
            drain(out.out, end.out);
        }
        if (wanted[1].revents) {
            drain(err.out, end.err);
        }
    }
    // It may have closed its output and run on: the limit holds for that too.
    int status = 0;
    for (pid_t ended = 0; ended != child;) {
        ended = waitpid(child, &status, end.too_late ? 0 : WNOHANG);
        if (ended == 0) {
            if (std::chrono::steady_clock::now() >= deadline) {
                end.too_late = true;
                kill(-child, SIGKILL);
            } else {
                poll(nullptr, 0, 1);
            }
        } else if (ended < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "waitpid");
        }
    }
    if (WIFEXITED(status)) {
        end.exit_code = WEXITSTATUS(status);
    } else if (WIFSIGNALED(status)) {
        end.signal = WTERMSIG(status);
    }
    return end;
}

} // namespace weft::workload
