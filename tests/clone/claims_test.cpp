// SPDX-License-Identifier: MIT
// What is often said of clone and what the kernel does: each case is a line of the table in docs/clone.md.
#include "support/child.hpp"
#include "support/program.hpp"
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <net/if.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <weft/clone.hpp>
#include <weft/raw.hpp>

using namespace support;
using weft::clone_builder;
using weft::clone_flag;

namespace {

int use_the_stack(void*) {
    volatile char frame[256] = {};
    return frame[17] + 3;
}

/// "stack points to the bottom of the stack": to the end that the child starts at, the highest address.
void the_stack_pointer_is_the_top() {
    weft::clone_stack stack; // with a guard page below
    int status = 0;
    const pid_t right = weft::raw_clone(use_the_stack, stack.top(), SIGCHLD, nullptr);
    REQUIRE(waitpid(right, &status, 0) == right && WIFEXITED(status) && WEXITSTATUS(status) == 3);
    const pid_t wrong = weft::raw_clone(use_the_stack, stack.span().data(), SIGCHLD, nullptr);
    REQUIRE(waitpid(wrong, &status, 0) == wrong && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/// "printf in the child": with CLONE_VM alone it has its parent's errno and all its thread_locals.
void a_child_shares_its_parents_thread_locals() {
    static thread_local int mine;
    static int* seen_errno;
    static int* seen_local;
    weft::clone_stack stack;
    auto child = clone_builder{}.flags(clone_flag::vm | clone_flag::vfork).stack(stack.span()).start([] {
        seen_errno = &errno;
        seen_local = &mine;
        errno = ENOTTY;
        mine = 5;
    });
    child.wait();
    REQUIRE(seen_errno == &errno && seen_local == &mine && mine == 5);
}

/// And what it leaves in stdio's buffer without sharing memory is never written: it ends without exit().
void buffered_output_of_a_copied_child_is_lost() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::FILE* out = fdopen(ends[1], "w");
    auto child = clone_builder{}.start([out] { std::fprintf(out, "lost"); });
    REQUIRE(child.wait().success());
    std::fclose(out);
    char byte = 0;
    REQUIRE(read(ends[0], &byte, 1) == 0);
    close(ends[0]);
}

char state_of(pid_t pid) {
    char line[512] = "";
    const int file = open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY);
    if (file == -1) {
        return 'X';
    }
    (void)!read(file, line, sizeof line - 1);
    close(file);
    const char* paren = std::strrchr(line, ')');
    return paren ? paren[2] : '?';
}

/// "SIGCHLD ensures that it can be reaped": it is a zombie until somebody waits, and can be waited for without SIGCHLD too.
void sigchld_reaps_nothing() {
    for (const int signal : {SIGCHLD, 0}) {
        auto child = clone_builder{}.exit_signal(signal).start([] { return 9; });
        REQUIRE(eventually([&] { return state_of(child.pid()) == 'Z'; }));
        sleep_ms(20);
        REQUIRE(state_of(child.pid()) == 'Z');
        int status = 0;
        if (signal == 0) {
            REQUIRE(waitpid(child.pid(), &status, 0) == -1 && errno == ECHILD); // hidden from a plain wait
        }
        REQUIRE(child.wait().value() == 9); // __WALL sees all
    }
}

/// "VM and THREAD make a thread": the kernel wants SIGHAND too.
void vm_and_thread_are_not_enough() {
    weft::clone_stack stack;
    const auto flags = (clone_flag::vm | clone_flag::thread).bits();
    REQUIRE(weft::raw_clone(use_the_stack, stack.top(), flags, nullptr) == -1 && errno == EINVAL);
}

/// "A thread is not in the process table": its number answers in /proc, only the listing leaves it out.
void a_thread_is_in_proc() {
    static std::uint32_t alive, stay;
    alive = stay = 1;
    weft::clone_stack stack;
    auto thread = clone_builder{}.flags(weft::thread_flags).child_clear_tid(&alive).stack(stack.span()).start([] {
        while (__atomic_load_n(&stay, __ATOMIC_ACQUIRE)) {
            weft::raw_futex(&stay, 0 /* FUTEX_WAIT */, 1);
        }
    });
    const std::string path = "/proc/" + std::to_string(thread.pid());
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    REQUIRE(stat(("/proc/self/task/" + std::to_string(thread.pid())).c_str(), &found) == 0);
    __atomic_store_n(&stay, 0, __ATOMIC_RELEASE);
    weft::raw_futex(&stay, 1 /* FUTEX_WAKE */, 1);
    while (const std::uint32_t word = __atomic_load_n(&alive, __ATOMIC_ACQUIRE)) {
        weft::raw_futex(&alive, 0, word);
    }
    REQUIRE(waitpid(thread.pid(), nullptr, __WALL) == -1 && errno == ECHILD); // and nobody waits for it
}

/// "SYSVSEM shares the semaphores": those are everybody's; the flag shares the list of undo values.
void semaphores_are_shared_anyway() {
    const int set = semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT);
    if (set == -1) {
        say("  not shown: this kernel has no System V semaphores\n");
        return;
    }
    auto child = clone_builder{}.start([set] {
        sembuf up{0, 3, 0};
        return semop(set, &up, 1);
    });
    REQUIRE(child.wait().success());
    REQUIRE(semctl(set, 0, GETVAL) == 3);
    semctl(set, 0, IPC_RMID);
}

int count_mounts() {
    int lines = 0;
    read_pieces("/proc/self/mounts", [&](const char* data, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            lines += data[i] == '\n';
        }
    });
    return lines;
}

/// "NEWNS: the parent's mounts cannot be reached": the child starts with a copy of all of them.
void a_mount_namespace_starts_as_a_copy() {
    const int here = count_mounts();
    auto out = clone_builder{}.flags(clone_flag::newns | clone_flag::newuser).try_start([here] {
        return count_mounts() == here ? 0 : 1;
    });
    if (!out) {
        say("  not shown: %s\n", out.refusal().sentence.c_str());
        return;
    }
    REQUIRE(here > 0 && out.child().wait().value() == 0);
}

/// "NEWNET: the parent's network cannot be reached": a socket stays in the namespace that it was made in.
void an_inherited_socket_keeps_its_network() {
    const int outside = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    if (outside == -1 || ioctl(outside, SIOCGIFFLAGS, &request) != 0 || !(request.ifr_flags & IFF_UP)) {
        say("  not shown: lo is not up here\n");
        close(outside);
        return;
    }
    auto out = clone_builder{}.flags(clone_flag::newnet | clone_flag::newuser).try_start([outside] {
        ifreq r{};
        std::strcpy(r.ifr_name, "lo");
        const int inside = socket(AF_INET, SOCK_DGRAM, 0);
        const bool down = ioctl(inside, SIOCGIFFLAGS, &r) == 0 && !(r.ifr_flags & IFF_UP);
        const bool up = ioctl(outside, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & IFF_UP);
        return down && up ? 0 : 1;
    });
    close(outside);
    if (!out) {
        say("  not shown: %s\n", out.refusal().sentence.c_str());
        return;
    }
    REQUIRE(out.child().wait().value() == 0);
}

/// "fn's return ends the process": it ends its own kernel thread; nothing of exit() happens.
void exit_handlers_do_not_run() {
    const outcome how = run_in_child([] {
        std::atexit([] { say("handler\n"); });
        return clone_builder{}.start([] { return 0; }).wait().value();
    });
    require_exit(how, 0, "a child with an exit handler");
    REQUIRE(!how.says("handler"));
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"the stack pointer is the top", the_stack_pointer_is_the_top},
                      {"a child that shares memory shares thread_locals", a_child_shares_its_parents_thread_locals},
                      {"buffered output of a copied child is lost", buffered_output_of_a_copied_child_is_lost},
                      {"SIGCHLD reaps nothing", sigchld_reaps_nothing},
                      {"VM and THREAD are not enough for a thread", vm_and_thread_are_not_enough},
                      {"a thread is in /proc", a_thread_is_in_proc},
                      {"System V semaphores are shared anyway", semaphores_are_shared_anyway},
                      {"a mount namespace starts as a copy", a_mount_namespace_starts_as_a_copy},
                      {"an inherited socket keeps its network", an_inherited_socket_keeps_its_network},
                      {"exit handlers do not run in a child", exit_handlers_do_not_run}},
                     60);
}
