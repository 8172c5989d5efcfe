// SPDX-License-Identifier: MIT
// The one door through which a task stops running.
//
// suspend(action): the task leaves its stack, and then, on the next context's stack, action publishes it (into a wait list,
// a timer, a queue). Published only after the switch, a waker can never resume a stack that is still running: this is
// the whole argument, and the reason why there is one door. suspend_if publishes before the switch, but behind a lock that is given back
// after it: for a waker that is the same.
//
//   running_to_suspended   suspend() and suspend_if(), before the switch; run_in_place, where the joiner stays below
//   suspended_to_ready     resume(), by the one who took the task from where action put it
//   ready_to_running       the worker that picked it
#pragma once
#include "scheduler/carrier.hpp"

namespace weft::scheduler {

using suspend_action = void (*)(void* argument, task* self) noexcept;

/// Suspends the running task. action runs after the switch and must hand `self` to somebody who calls resume(), or resume
/// it itself. Only in a task that holds a worker. On return the task may be on another kernel thread.
void suspend(suspend_action action, void* argument) noexcept;

/// The same for a publication that is one critical section with the decision to sleep: on the task's own stack asks
/// begin(argument, self), which takes a lock, decides and publishes. True: the task leaves its stack, and the next context calls
/// action(argument, self), which gives the lock back: nobody finds the task before. False, and without the lock: nothing has happened, and
/// false is returned. Between the two there is nothing but the switch: what runs next is picked before.
[[nodiscard]] bool suspend_if(bool (*begin)(void* argument, task* self) noexcept, suspend_action action, void* argument) noexcept;

/// The running task waits for t: runs t on top of it, on the same stack, if t has not started, is the next of its kind, has nobody before it
/// who was woken, and finds room there. t may suspend like any task, and end on another worker; its joiner's frames wait below it meanwhile, which they would do
/// anyhow. False: it is not so, and nothing has happened. On return the task may be on another kernel thread.
[[nodiscard]] bool run_in_place(carrier& c, task* t) noexcept;

/// Lets the next task of this worker run and queues the running one behind it; returns at once when there is no other.
void yield_running(carrier& c) noexcept;

/// For a task whose carrier has given its worker away: switches to the root, which runs action. Returns on some worker.
void leave_through_root(carrier& c, suspend_action action) noexcept;

/// Makes a suspended task ready; exactly once a suspension. From anywhere.
void resume(task* t) noexcept;

/// The first half of resume(): t is ready, and the caller sees to it that it goes on.
void make_ready(task* t) noexcept;

/// From the root: runs t until something switches back to the root.
void enter(carrier& c, task* t) noexcept;

} // namespace weft::scheduler
