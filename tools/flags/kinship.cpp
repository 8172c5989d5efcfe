// SPDX-License-Identifier: MIT
// Who is whose: parent, tracer, cgroup, and who waits for whom.
#include "flags/gallery.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weft/raw.hpp>

namespace weft::gallery {

namespace {

using f = clone_flag;

void nap(long milliseconds) {
    const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    ::nanosleep(&time, nullptr);
}

observation parent(bool on) {
    auto& childs_parent = shared<pid_t>();
    const pid_t middle = ::fork();
    if (middle == 0) {
        auto look = [&childs_parent] { childs_parent = raw_getppid(); };
        // The middle one stays until the child has looked, or the child would see it inherited.
        const auto out = clone_builder{}.flags(half({}, f::parent, on)).try_start(look);
        for (int i = 0; out && i < 5000 && __atomic_load_n(&childs_parent, __ATOMIC_ACQUIRE) == 0; ++i) {
            nap(1);
        }
        ::_exit(out ? 0 : out.refusal().error);
    }
    int status = 0;
    while (::waitpid(middle, &status, 0) == -1 && errno == EINTR) {
    }
    if (WEXITSTATUS(status) != 0) {
        throw std::runtime_error(std::strerror(WEXITSTATUS(status)));
    }
    while (::waitpid(-1, nullptr, __WALL) > 0) {
    }
    return {childs_parent == ::getpid(),
            std::string("the child's parent is ") + (childs_parent == middle       ? "the one that called clone"
                                                     : childs_parent == ::getpid() ? "the parent of the one that called clone"
                                                                                   : "somebody else")};
}

observation vfork(bool on) {
    static volatile int word;
    word = 0;
    clone_stack stack;
    auto slow = [] {
        nap(50);
        word = 1;
    };
    auto child = start_or_say(clone_builder{}.flags(half(f::vm, f::vfork, on)).stack(stack.span()), slow);
    const bool waited = word == 1;
    child.wait();
    return {waited, std::string("clone returned ") + (waited ? "after the child had ended" : "while the child was running")};
}

/// A process under ptrace clones; who traces the child? The tracer follows new children by itself when `follow`.
long tracer_of_child(clone_flags flags, bool follow) {
    auto& answer = shared<long>();
    answer = -1;
    const pid_t traced = ::fork();
    if (traced == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        auto look = [&answer] { answer = status_number("TracerPid"); };
        auto out = clone_builder{}.flags(flags).try_start(look);
        if (!out) {
            ::_exit(out.refusal().error);
        }
        out.child().wait();
        ::_exit(0);
    }
    int status = 0;
    while (::waitpid(traced, &status, 0) == -1 && errno == EINTR) {
    }
    if (!WIFSTOPPED(status)) {
        throw unavailable("ptrace is not allowed here");
    }
    if (follow) {
        ::ptrace(PTRACE_SETOPTIONS, traced, nullptr, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
    }
    ::ptrace(PTRACE_CONT, traced, nullptr, nullptr);
    // Every stop goes on; the new child's first stop too.
    for (pid_t who = 0; (who = ::waitpid(-1, &status, __WALL)) > 0;) {
        if (WIFSTOPPED(status)) {
            const bool of_tracing = WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGTRAP;
            ::ptrace(PTRACE_CONT, who, nullptr, of_tracing ? 0L : static_cast<long>(WSTOPSIG(status)));
        }
    }
    if (answer == -1) {
        throw std::runtime_error("the traced child said nothing");
    }
    return answer;
}

observation ptrace(bool on) {
    const long tracer = tracer_of_child(half({}, f::ptrace, on), false);
    return {tracer == ::getpid(),
            std::string("the child of a traced process is ") + (tracer == 0 ? "not traced" : "traced by its parent's tracer")};
}

observation untraced(bool on) {
    const long tracer = tracer_of_child(half({}, f::untraced, on), true);
    return {tracer == 0, std::string("the tracer follows all children (PTRACE_O_TRACEFORK); this one is ") +
                             (tracer == 0 ? "not traced" : "traced")};
}

observation detached(bool on) {
    int place = -1;
    const unsigned long flags = half(f::pidfd, f::detached, on).bits() | SIGCHLD;
    auto end = [](void*) { return 0; };
    clone_stack stack;
    const pid_t child = raw_clone(end, stack.top(), flags, nullptr, &place);
    const int error = child == -1 ? errno : 0;
    std::string text =
        std::string("clone with CLONE_PIDFD ") + (error ? std::string("is refused: ") + std::strerror(error) : "makes a child");
    if (child > 0) {
        ::waitpid(child, nullptr, 0);
    }
    if (on) {
        const pid_t alone = raw_clone(end, stack.top(), clone_flags(f::detached).bits() | SIGCHLD, nullptr);
        const bool waited = alone > 0 && ::waitpid(alone, nullptr, 0) == alone;
        text += waited ? "; alone the flag is ignored: the child had to be waited for all the same"
                       : "; alone the flag did something";
        return {error == EINVAL && waited, text};
    }
    return {error != 0, text};
}

observation into_cgroup(bool on) {
    const std::string own = own_cgroup_directory();
    if (own.empty()) {
        throw unavailable("no cgroup v2 is mounted");
    }
    const std::string name = "weft-gallery-" + std::to_string(::getpid());
    const std::string made = own + (own.back() == '/' ? "" : "/") + name;
    if (::mkdir(made.c_str(), 0755) != 0) {
        throw unavailable("mkdir of a cgroup below " + own + ": " + std::strerror(errno));
    }
    auto& there = shared<int>();
    auto look = [&] { there = own_cgroup().find(name) != std::string::npos ? 1 : 2; };
    const int directory = ::open(made.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    clone_builder how;
    how.cgroup(directory);
    if (!on) {
        how.without(f::into_cgroup);
    }
    std::string refused;
    try {
        start_or_say(how, look).wait();
    } catch (const unavailable& why) {
        refused = why.what();
    }
    ::close(directory);
    ::rmdir(made.c_str());
    if (!refused.empty()) {
        throw unavailable(refused);
    }
    return {there == 1, std::string("the child finds itself in ") +
                            (there == 1 ? "the given cgroup, with its first instruction" : "its parent's cgroup")};
}

constexpr experiment table[] = {
    {f::parent, "a sibling instead of a child: the caller's parent is the parent", "who is the child's parent?", parent},
    {f::vfork, "the caller stands still until the child has called execve or ended", "when does clone return?", vfork},
    {f::ptrace, "a traced caller's child is traced too", "who traces the child?", ptrace},
    {f::untraced, "no tracer can follow into this child by its options", "does a tracer that follows get this child?", untraced},
    {f::detached, "of no meaning since Linux 2.6.2: clone ignores it, clone3 and CLONE_PIDFD refuse it",
     "does the kernel take it?", detached},
    {f::into_cgroup, "the child starts in another cgroup (v2)", "in which cgroup is the child?", into_cgroup},
};

} // namespace

std::span<const experiment> kinship_experiments() {
    return table;
}

} // namespace weft::gallery
