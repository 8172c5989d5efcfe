// SPDX-License-Identifier: MIT
// The end of a task, and those who wait for it. The word and its drawing are in weft/abi.hpp.
#pragma once
#include "base/result.hpp"
#include "scheduler/after_fork.hpp"
#include "scheduler/carrier.hpp"

namespace weft::scheduler {

// What only few tasks need.
void run_exit_of_extras(task* t) noexcept;
void free_extras(task* t) noexcept;
void end_in_child(const task& t) noexcept;

/// After user code. In the child of a fork: if t is the task that forked, it has returned, to nobody.
inline void end_if_forked(const task& t) noexcept {
    if (generation() != 0) [[unlikely]] {
        end_in_child(t);
    }
}

/// The task's own last acts, on its own stack: what it does there may suspend.
inline void run_exit(task* t) noexcept {
    if (t->extras) [[unlikely]] {
        run_exit_of_extras(t);
    }
}

inline void free_descriptor(task* t, worker& here) noexcept {
    if (t->extras) [[unlikely]] {
        free_extras(t);
    }
    here.descriptors.give(t);
}

/// As complete(), after run_exit, for a task that belongs to no group.
carrier& complete_alone(task* t, task*& joiner) noexcept;

/// The running task has run to its end: wakes its joiner, or frees it if it was detached, or notes its end for its group and frees it; and
/// counts it as finished. t may be gone afterwards. May suspend, in the exit hooks or where a detached task's value is destroyed: returns the
/// carrier on which the caller goes on. A joiner of our own runtime is not queued but put into `joiner`, ready, for the caller to run or to
/// queue (worker::runs_next); a task of a group has none.
[[gnu::always_inline]] inline carrier& complete(task* t, task*& joiner) noexcept {
    run_exit(t);
    const auto tell = t->operations->tell_group;
    if (!tell) {
        return complete_alone(t, joiner);
    }
    carrier& here = *this_carrier(); // what ran before may have suspended
    worker& w = *here.held;
    w.note_end(abi::group_of(*t), tell);
    free_descriptor(t, w);
    worker::count(w.finished); // before the group hears of it; but the worker tells it before it is idle, and who closes a runtime waits for that
    return here;
}

/// The same when the one who joins t is on the stack below it (run_in_place), so that nobody meets on its word.
carrier& complete_in_place(task* t) noexcept;

/// t could not get a stack: its outcome is a std::system_error that says why, and the task is complete. Does not suspend.
void fail_without_stack(carrier& c, task* t, const base::refusal& why) noexcept;

} // namespace weft::scheduler
