// SPDX-License-Identifier: MIT
// What fork_join needs of the floors above the scheduler: the scope in which a job was forked, and the event of its end.
#include "scheduler/job_list.hpp"
#include "sync/one_event.hpp"
#include <weft/at_thread_exit.hpp>
#include <weft/fork_join.hpp>
#include <weft/scope.hpp>

namespace weft::abi {

namespace {
void note_home(job_list& list, job& j) noexcept {
    j.home = scope_of_job(list, j);
}
} // namespace

void open_jobs(job_list& list) noexcept {
    list.note_home = &note_home;
    scheduler::begin_jobs(list);
}

void close_jobs() noexcept {
    scheduler::end_jobs();
}

void begin_job(job& j) {
    if (j.home) {
        enter_scope(*j.home);
    }
}

void end_job(job& j) noexcept {
    run_thread_exit(); // its task_locals are gone when its caller goes on
    sync::set_event(j.over);
}

void await_job(job& j) noexcept {
    sync::await_event(j.over);
}

} // namespace weft::abi
