// SPDX-License-Identifier: MIT
// The scheduler's side of weft/fork_join.hpp: when jobs become tasks.
//
// With several workers, one that runs a task with jobs keeps one of them, the oldest, ready as a task for thieves, and as many as there
// are idle workers and CPUs for them; so a worker that falls idle while the others are in long leaves finds something. Who asks: `hungry` of the worker, raised
// by a thief that has taken a task here, by a worker that begins to search or parks, and by the task itself when it comes back from
// elsewhere. Who answers: the running task, at its next fork. A task that nobody has stolen when its job's caller comes for it is
// taken back (reclaim_job), and the job called.
//
// No job is lost however late the answer is, since its task calls it itself. Why no idle worker is overlooked for good:
//
//   a task that forks (feed_thieves)                       a worker without work, or a thief
//   J1  hungry := false                                    H1  the idle word: searching or parked + 1; or the deque's top + 1
//   J2  fence                                              H2  hungry := true, if it reads false
//   J3  more idle than ready tasks? hungry := true
//
// All of H is seq_cst (tests/model/job_list.pml). If J3 misses H1 then J2 comes before H1, so H2 finds J1's false and raises the flag again.
#pragma once
#include "scheduler/carrier.hpp"
#include <weft/fork_join.hpp>

namespace weft::scheduler {

void put_aside(abi::job_list& list) noexcept;
void take_back(abi::job_list& list) noexcept;

/// Before the running task leaves its stack for a while: its jobs become tasks, and its list is put aside; null when it has none.
[[nodiscard]] inline abi::job_list* put_jobs_aside() noexcept {
    abi::job_list* const list = abi::jobs_here();
    if (list) [[unlikely]] {
        put_aside(*list);
    }
    return list;
}
/// On return, perhaps on another worker.
inline void take_jobs_back(abi::job_list* list) noexcept {
    if (list) [[unlikely]] {
        take_back(*list);
    }
}

/// The outermost fork_join of a task, or of a foreign kernel thread, begins and ends.
void begin_jobs(abi::job_list& list) noexcept;
void end_jobs() noexcept;

/// The running task is about to give its worker away, or has one again.
void jobs_enter_blocking() noexcept;
void jobs_leave_blocking() noexcept;

} // namespace weft::scheduler
