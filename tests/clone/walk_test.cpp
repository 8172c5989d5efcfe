// SPDX-License-Identifier: MIT
// The table of rules against the judge: every single flag, every pair, every triple and some thousands of larger sets are
// asked of the kernel, by clone, clone3 and unshare, and each answer must be what <weft/clone_rules.hpp> said before.
//
// The asking happens in forked sandboxes of 256 questions, each child on a stack of its own, where it ends at once. A question
// that the kernel answers with EPERM tells nothing about the rule (privileges are checked in between): it is counted and named.
#include "support/program.hpp"
#include <csignal>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <vector>
#include <weft/clone_rules.hpp>
#include <weft/raw.hpp>

using namespace support;
using weft::clone_call;
using weft::clone_flag;
using weft::clone_flags;

namespace {

struct question {
    clone_flags flags;
    clone_call call;
    int exit_signal;
};

struct shared_page {
    int answers[256]; // errno or 0, -1: not asked
};

constexpr std::size_t batch = 256;
constexpr std::size_t stack_size = 4096;

int cgroup_descriptor = -1;
unsigned kernel_version = 0;
unsigned long asked = 0;
unsigned long refused = 0;
unsigned long hidden_by_eperm = 0;
std::string first_hidden;

int end_at_once(void*) {
    return 0;
}

/// One question inside the sandbox.
int ask(const question& q, std::byte* stack) {
    int pidfd = -1;
    pid_t parent_word = 0;
    static pid_t child_word;
    pid_t tid = -1;
    if (q.call == clone_call::clone) {
        // clone puts the pidfd where the tid would go.
        void* word = q.flags.has(clone_flag::pidfd) ? static_cast<void*>(&pidfd) : &parent_word;
        tid = weft::raw_clone(end_at_once, stack + stack_size, q.flags.bits() | static_cast<unsigned>(q.exit_signal), nullptr,
                              word, nullptr, &child_word);
    } else {
        ::clone_args arguments{};
        arguments.flags = q.flags.bits();
        arguments.exit_signal = static_cast<unsigned>(q.exit_signal);
        arguments.stack = reinterpret_cast<std::uintptr_t>(stack);
        arguments.stack_size = stack_size;
        arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
        arguments.parent_tid = reinterpret_cast<std::uintptr_t>(&parent_word);
        arguments.child_tid = reinterpret_cast<std::uintptr_t>(&child_word);
        arguments.cgroup = static_cast<unsigned>(cgroup_descriptor);
        tid = weft::raw_clone3(&arguments, sizeof arguments, end_at_once, nullptr);
    }
    if (tid == -1) {
        return errno;
    }
    if (pidfd != -1) {
        close(pidfd);
    }
    if (q.flags.has(clone_flag::thread)) {
        // Nothing to wait on; it is gone when its number is.
        while (weft::raw_tgkill(getpid(), tid, 0) == 0) {
            sched_yield();
        }
    } else if (!q.flags.has(clone_flag::parent)) {
        while (waitpid(tid, nullptr, __WALL) == -1 && errno == EINTR) {
        }
    } // CLONE_PARENT: a child of the walker, which waits for it there
    return 0;
}

int ask_unshare(const question& q, bool with_thread, std::byte* stack) {
    static volatile int stay = 1;
    if (with_thread) {
        const auto sleeper = [](void*) {
            while (stay) {
                timespec long_time{1, 0};
                nanosleep(&long_time, nullptr);
            }
            return 0;
        };
        if (weft::raw_clone(sleeper, stack + stack_size, weft::thread_flags.bits(), nullptr) == -1) {
            return -1;
        }
    }
    const int error = weft::raw_unshare(q.flags.bits()) == -1 ? errno : 0;
    return error;
}

int expected(const question& q, bool threads) {
    weft::clone_request r;
    r.flags = q.flags;
    r.call = q.call;
    r.exit_signal = q.exit_signal;
    r.stack = q.call == clone_call::unshare ? 0 : 4096;
    r.stack_size = q.call == clone_call::unshare ? 0 : stack_size;
    r.cgroup = cgroup_descriptor;
    r.pidfd = 1;
    r.parent_tid = 2;
    r.kernel = kernel_version;
    r.caller_is_init = getpid() == 1;
    r.caller_has_threads = threads;
    const weft::clone_rule* rule = weft::broken_clone_rule(r, true);
    return rule ? rule->error : 0;
}

void judge(const question& q, int answer, bool threads) {
    static constexpr const char* names[] = {"any", "clone3", "clone", "unshare"};
    ++asked;
    const int wanted = expected(q, threads);
    if ((answer == EPERM || (answer == EACCES && q.flags.has(clone_flag::into_cgroup))) && wanted != answer) {
        ++hidden_by_eperm;
        if (first_hidden.empty()) {
            first_hidden = to_string(q.flags);
        }
        return;
    }
    refused += answer != 0;
    if (answer != wanted) {
        say("FAILED: %s(%s), exit signal %d%s: the table says %s, the kernel %s (%d)\n", names[static_cast<unsigned>(q.call)],
            to_string(q.flags).c_str(), q.exit_signal, threads ? ", beside a thread" : "", wanted ? strerror(wanted) : "yes",
            answer ? strerror(answer) : "yes", answer);
        _exit(failed);
    }
}

/// Asks all, in sandboxes.
void walk(const std::vector<question>& questions) {
    auto* page =
        static_cast<shared_page*>(mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    auto* stacks =
        static_cast<std::byte*>(mmap(nullptr, batch * stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(page != MAP_FAILED && stacks != MAP_FAILED);
    for (std::size_t first = 0; first < questions.size(); first += batch) {
        const std::size_t n = std::min(batch, questions.size() - first);
        std::fill(page->answers, page->answers + batch, -1);
        const pid_t sandbox = fork();
        REQUIRE(sandbox != -1);
        if (sandbox == 0) {
            time_limit(60);
            for (std::size_t i = 0; i < n; ++i) {
                page->answers[i] = ask(questions[first + i], stacks + i * stack_size);
            }
            _exit(0);
        }
        int status = 0;
        REQUIRE(waitpid(sandbox, &status, 0) == sandbox);
        if (status != 0) {
            std::size_t i = 0;
            while (i < n && page->answers[i] != -1) {
                ++i;
            }
            say("FAILED: the sandbox died (status %#x) at %s\n", status,
                i < n ? to_string(questions[first + i].flags).c_str() : "its end");
            _exit(failed);
        }
        for (std::size_t i = 0; i < n; ++i) {
            judge(questions[first + i], page->answers[i], false);
        }
        while (waitpid(-1, nullptr, __WALL | WNOHANG) > 0) { // CLONE_PARENT's
        }
    }
    while (waitpid(-1, nullptr, __WALL) > 0) {
    }
    munmap(page, sizeof(shared_page));
    munmap(stacks, batch * stack_size);
}

/// The flags that this call can be asked about here.
std::vector<clone_flag> flags_for(clone_call call) {
    std::vector<clone_flag> all;
    for (const weft::clone_flag_name& f : weft::all_clone_flags) {
        if (call == clone_call::clone && weft::clone3_only_flags.has(f.flag)) {
            continue; // clone_has_no_room_for_them asks about these
        }
        if (f.flag == clone_flag::into_cgroup && call == clone_call::clone3 && cgroup_descriptor == -1) {
            say("  without CLONE_INTO_CGROUP: no cgroup v2 is mounted here\n");
            continue;
        }
        all.push_back(f.flag);
    }
    return all;
}

void add_sets(std::vector<question>& to, const std::vector<clone_flag>& flags, clone_call call, int signal, bool triples) {
    for (std::size_t a = 0; a < flags.size(); ++a) {
        to.push_back({flags[a], call, signal});
        for (std::size_t b = a + 1; b < flags.size(); ++b) {
            to.push_back({flags[a] | flags[b], call, signal});
            for (std::size_t c = b + 1; triples && c < flags.size(); ++c) {
                to.push_back({flags[a] | flags[b] | flags[c], call, signal});
            }
        }
    }
}

void singles_pairs_and_triples() {
    for (const clone_call call : {clone_call::clone, clone_call::clone3}) {
        const auto flags = flags_for(call);
        std::vector<question> questions;
        questions.push_back({{}, call, 0});
        questions.push_back({{}, call, SIGCHLD});
        add_sets(questions, flags, call, 0, true);
        add_sets(questions, flags, call, SIGCHLD, false);
        walk(questions);
    }
}

void larger_sets() {
    unsigned long seed = 20240611;
    const auto random = [&seed] {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        return seed >> 33;
    };
    for (const clone_call call : {clone_call::clone, clone_call::clone3}) {
        const auto flags = flags_for(call);
        std::vector<question> questions;
        for (int i = 0; i < 1500; ++i) {
            // Start from what threads share half of the time, so that many are allowed.
            clone_flags set = random() % 2 ? weft::thread_flags : clone_flags{};
            for (unsigned long n = random() % 6; n > 0; --n) {
                set |= flags[random() % flags.size()];
            }
            questions.push_back({set, call, random() % 2 ? SIGCHLD : 0});
        }
        walk(questions);
    }
}

void unknown_bits_and_odd_signals() {
    std::vector<question> questions;
    for (unsigned bit = 0; bit < 64; ++bit) {
        if (bit >= 8 || bit == 7) {
            questions.push_back({clone_flags(std::uint64_t{1} << bit), clone_call::clone3, 0});
        }
    }
    for (unsigned bit = 0; bit < 7; ++bit) { // the signal's byte
        questions.push_back({clone_flags(std::uint64_t{1} << bit), clone_call::clone3, 0});
    }
    std::erase_if(questions, [](const question& q) { return q.flags.has(clone_flag::into_cgroup) && cgroup_descriptor == -1; });
    for (const int signal : {1, SIGRTMIN, 63, 64, 65, 127, 128, 255, 256, 1000}) {
        questions.push_back({{}, clone_call::clone3, signal});
    }
    for (int s = 1; s <= 64; ++s) {
        if (s != SIGCHLD && s != SIGALRM) {
            signal(s, SIG_IGN);
        }
    }
    walk(std::vector<question>(questions.begin(), questions.end()));
    for (int s = 1; s <= 64; ++s) {
        if (s != SIGCHLD && s != SIGALRM) {
            signal(s, SIG_DFL);
        }
    }
}

void unshare_sets() {
    auto* stack = static_cast<std::byte*>(mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(stack != MAP_FAILED);
    std::vector<question> questions;
    add_sets(questions, flags_for(clone_call::unshare), clone_call::unshare, 0, false);
    for (unsigned bit = 34; bit < 64; ++bit) {
        questions.push_back({clone_flags(std::uint64_t{1} << bit), clone_call::unshare, 0});
    }
    for (const bool with_thread : {false, true}) {
        for (const question& q : questions) {
            const pid_t sandbox = fork();
            REQUIRE(sandbox != -1);
            if (sandbox == 0) {
                time_limit(20);
                const int error = ask_unshare(q, with_thread, stack);
                weft::raw_exit_group(error < 0 ? 255 : error);
            }
            int status = 0;
            REQUIRE(waitpid(sandbox, &status, 0) == sandbox && WIFEXITED(status) && WEXITSTATUS(status) != 255);
            judge(q, WEXITSTATUS(status), with_thread);
        }
    }
    munmap(stack, stack_size);
}

bool child_ends_well(unsigned long flags) {
    int status = -1;
    const pid_t child = weft::raw_clone(flags | SIGCHLD);
    if (child == 0) {
        weft::raw_exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/// The three flags that clone cannot be asked for: the kernel takes them in silence and does nothing, so it is weft that refuses.
void clone_has_no_room_for_them() {
    REQUIRE(child_ends_well(weft::clone_flags(clone_flag::clear_sighand).bits()));
    REQUIRE(child_ends_well(weft::clone_flags(clone_flag::into_cgroup).bits()));
    for (const clone_flag f : {clone_flag::clear_sighand, clone_flag::into_cgroup, clone_flag::newtime}) {
        const weft::clone_request r{.flags = f, .call = clone_call::clone};
        REQUIRE(weft::broken_clone_rule(r, true) == nullptr); // not the kernel's
        REQUIRE(weft::broken_clone_rule(r) != nullptr && weft::broken_clone_rule(r)->who == weft::clone_rule::judge::weft);
    }
}

/// After unshare(CLONE_NEWPID) the children's namespace is another one.
void pending_pid_namespace() {
    if (geteuid() != 0) {
        say("  not asked: it needs CAP_SYS_ADMIN\n");
        return;
    }
    auto* stack = static_cast<std::byte*>(mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(stack != MAP_FAILED);
    for (const clone_flags flags : {weft::thread_flags, clone_flags(clone_flag::newpid)}) {
        const pid_t sandbox = fork();
        if (sandbox == 0) {
            if (weft::raw_unshare(static_cast<unsigned long>(clone_flag::newpid)) != 0) {
                _exit(skipped);
            }
            const question q{flags, clone_call::clone3, 0};
            const int error = ask(q, stack);
            weft::clone_request r{.flags = flags, .stack = 4096, .stack_size = stack_size, .caller_pid_namespace_pending = true};
            const weft::clone_rule* rule = weft::broken_clone_rule(r, true);
            _exit(rule && error == rule->error ? 0 : failed);
        }
        int status = 0;
        REQUIRE(waitpid(sandbox, &status, 0) == sandbox && WIFEXITED(status));
        if (WEXITSTATUS(status) == skipped) {
            say("  not asked: unshare(CLONE_NEWPID) is refused here\n");
        } else {
            REQUIRE(WEXITSTATUS(status) == 0);
        }
    }
    munmap(stack, stack_size);
}

int open_own_cgroup() {
    char line[4096];
    std::string path;
    if (std::FILE* f = std::fopen("/proc/self/cgroup", "r")) {
        while (std::fgets(line, sizeof line, f)) {
            if (std::strncmp(line, "0::", 3) == 0) {
                path = std::string(line + 3, std::strcspn(line + 3, "\n"));
            }
        }
        std::fclose(f);
    }
    int found = -1;
    if (std::FILE* f = std::fopen("/proc/self/mounts", "r")) {
        while (found == -1 && std::fgets(line, sizeof line, f)) {
            char where[1024] = "", kind[64] = "";
            if (std::sscanf(line, "%*s %1023s %63s", where, kind) == 2 && std::strcmp(kind, "cgroup2") == 0) {
                found = open((where + path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            }
        }
        std::fclose(f);
    }
    return found;
}

} // namespace

int main(int argc, char** argv) {
    utsname u{};
    uname(&u);
    unsigned major = 0, minor = 0;
    REQUIRE(std::sscanf(u.release, "%u.%u", &major, &minor) == 2);
    kernel_version = major << 8 | minor;
    cgroup_descriptor = open_own_cgroup();
    const int verdict =
        run_cases(argc, argv,
                  {{"every single flag, pair and triple: the table's verdict is the kernel's", singles_pairs_and_triples},
                   {"larger sets: the table's verdict is the kernel's", larger_sets},
                   {"unknown bits and odd exit signals", unknown_bits_and_odd_signals},
                   {"unshare: every single flag and pair, alone and beside a thread", unshare_sets},
                   {"clone has no room for three flags, and only weft says so", clone_has_no_room_for_them},
                   {"a pending pid namespace", pending_pid_namespace}},
                  280);
    say("%lu questions, %lu refused as the table said\n", asked, refused);
    if (hidden_by_eperm != 0) {
        say("%lu of them were hidden by EPERM or a cgroup's EACCES: without CAP_SYS_ADMIN the kernel does not get as far as the "
            "rule (first: %s)\n",
            hidden_by_eperm, first_hidden.c_str());
    }
    return verdict;
}
