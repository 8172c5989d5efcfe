// SPDX-License-Identifier: MIT
// Making another process: the request in plain words and pointers, how it is carried out, and how its end is learnt. No scheduler,
// no allocation; the public face is weft/process.hpp.
//
// Two ways, by what the child is to run:
//
//   a program    clone(CLONE_VM | CLONE_VFORK): the child borrows our memory until it is another program, on a stack of its own. The price
//                does not grow with resident memory, and the child says why exec failed by writing it into our memory. With id maps
//                the parent must act in between, so CLONE_VFORK is left out; then the word that the kernel clears when the child leaves
//                our memory (CLONE_CHILD_CLEARTID) is what we wait for. It is right in both cases, so it is the only one we look at.
//   a function   clone without CLONE_VM: a copy of this process with the calling thread alone. A pipe brings back "ready" or the errno.
//
// What the child does before it runs is one list for both, in this order (process_child.cpp): wait for the id maps, join namespaces, session
// and process group, descriptors, groups and ids, directory, death signal, dispositions, mask, the other descriptors, exec.
//
// I1  The child is born with every signal blocked and gets its mask last, when no handler of ours is left in it.
// I2  Each child is made with a pidfd and with exit signal 0: no other wait() of this process can take its status by
//     accident, and an ignored SIGCHLD does not lose it. exec makes the exit signal SIGCHLD: from then on both can happen.
// References: clone(2), vfork(2), pidfd_open(2), user_namespaces(7); linux kernel/fork.c (mm_release, copy_process), fs/exec.c.
#pragma once
#include "base/result.hpp"
#include "kernel/clock.hpp"
#include <cstdint>
#include <span>
#include <sys/types.h>

namespace weft::kernel {

using base::refusal;
using base::result;

/// In the child `target` shall be what `source` is here.
struct descriptor_move {
    int source;
    int target;
};

struct process_request {
    // What to run: candidates of a program, tried in order, or a function whose answer is the exit code.
    const char* const* paths = nullptr; // ends with null
    char* const* arguments = nullptr;   // ends with null
    char* const* environment = nullptr; // ends with null
    int (*function)(void* argument) noexcept = nullptr;
    void* argument = nullptr;

    std::uint64_t new_namespaces = 0;          // CLONE_NEW*
    std::span<const descriptor_move> joined;   // source: a namespace's descriptor, target: its kind (CLONE_NEW*) or 0
    const char* user_map = nullptr;            // what is written to /proc/PID/uid_map; null: nothing
    const char* group_map = nullptr;
    bool deny_setgroups = true;                // before the group map is written
    int cgroup = -1;                           // a cgroup v2 directory to be born in

    std::span<descriptor_move> descriptors; // by target, each target once; the child may change the sources
    bool close_others = true;                     // all but 0, 1, 2 and the targets above
    std::span<const int> private_descriptors; // the spawner's own ends and files: never a function's, whatever their number

    bool new_session = false;
    pid_t process_group = -1;     // -1: the parent's; 0: its own
    bool set_groups = false;
    std::span<const gid_t> groups;
    std::uint32_t user = ~0u;     // ~0: stays
    std::uint32_t group = ~0u;
    const char* directory = nullptr;
    int death_signal = 0;         // sent when the parent thread ends
    std::uint64_t default_signals = 0; // bit n - 1: signal n
    std::uint64_t ignored_signals = 0;
    bool set_mask = false;        // else the calling thread's
    std::uint64_t mask = 0;
};

/// Where a process that was asked for failed to come into being.
enum class process_step : std::uint32_t {
    none,
    memory,
    pipe,
    clone,
    setgroups_file,
    user_map,
    group_map,
    join_namespace,
    session,
    process_group,
    descriptor,
    groups,
    group,
    user,
    directory,
    death_signal,
    other_descriptors,
    exec,
};

struct spawned {
    pid_t pid = 0;
    int pidfd = -1;
    process_step failed = process_step::none; // none: it runs
    int error = 0;                            // errno
    int detail = 0; // descriptor: the source's number; join_namespace: its kind
};

/// Makes the process. When it fails nothing is left: no child, no zombie, no descriptor. Blocks the kernel thread until the child has
/// become the other program, or is about to run its function.
[[nodiscard]] spawned spawn_process(const process_request& wanted) noexcept;

/// How a child ended, as waitid(2) tells it.
struct process_end {
    bool ended = false; // false: it still runs, or the deadline has passed
    int how = 0;        // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status = 0;     // exit code or signal
};

/// Takes the status if the child has ended (then the child is gone for good), else waits when told to. ECHILD: somebody else took
/// it, and this kernel (before 6.15) does not remember.
[[nodiscard]] result<process_end> take_process_end(int pidfd, bool wait) noexcept;

/// EINVAL: no such signal; EPERM; ESRCH: it has ended.
[[nodiscard]] result<void> signal_process(int pidfd, int signal) noexcept;

} // namespace weft::kernel
