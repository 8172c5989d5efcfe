// SPDX-License-Identifier: MIT
// The scheduler's side of weft/fork_join.hpp: when jobs become tasks.
//
// Who asks: a worker that begins to search or parks raises `hungry` at every other worker. Who answers: the task that runs there, at
// its next fork. No job is lost however late the answer is, since its task calls it itself; that somebody gets to work is what the flag
// is for, and this is why an idle worker is not overlooked for good:
//
//   a task that forks (feed_thieves)              a worker without work
//   J1  hungry := false                           H1  the idle word: searching + 1, or parked + 1
//   J2  fence                                     H2  hungry := true at each worker, if it reads false there
//   J3  the idle word: somebody? hungry := true
//
// All of H is seq_cst. If J3 misses H1 then J2 comes before H1, so H2 finds J1's false and raises the flag again.
// The flag stays up while anybody is idle, and a fork promotes only so many jobs that there is one ready task for each of them: so nothing
// is handed out while a wake-up is under way.
#pragma once
#include "scheduler/carrier.hpp"
#include <weft/fork_join.hpp>

namespace weft::scheduler {

/// Before the running task leaves its stack for a while: its jobs become tasks, and its list is put aside; null when it has none.
[[nodiscard]] abi::job_list* put_jobs_aside() noexcept;
/// On return, perhaps on another worker.
void take_jobs_back(abi::job_list* list) noexcept;

/// The outermost fork_join of a task, or of a foreign kernel thread, begins and ends.
void begin_jobs(abi::job_list& list) noexcept;
void end_jobs() noexcept;

/// The running task is about to give its worker away, or has one again.
void jobs_enter_blocking() noexcept;
void jobs_leave_blocking() noexcept;

} // namespace weft::scheduler
