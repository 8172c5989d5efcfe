// SPDX-License-Identifier: MIT
#include "scheduler/job_list.hpp"
#include "kernel/features.hpp"
#include "scheduler/runtime_core.hpp"
#include <algorithm>
#include <memory>
#include <new>

namespace weft::abi {

constinit thread_local job_list* running_jobs = nullptr;

// EDGE tls-address-caching: as this_carrier().
[[gnu::noinline]] job_list* this_jobs() noexcept {
    asm volatile("");
    return running_jobs;
}

} // namespace weft::abi

namespace weft::scheduler {

using abi::job;
using abi::job_list;

namespace {

/// Where there is no worker to run a job later, each is handed out at once.
constinit const std::atomic<bool> always_hungry{true};

[[gnu::noinline]] void set_this_jobs(job_list* list) noexcept {
    asm volatile("");
    abi::running_jobs = list;
}

job& job_of(abi::task& t) noexcept {
    return **std::launder(reinterpret_cast<job**>(t.storage));
}
void run_job(abi::task& t) noexcept {
    job& j = job_of(t);
    j.run(j, nullptr);
}
void fail_job(abi::task& t, std::exception_ptr why) noexcept {
    job& j = job_of(t);
    j.run(j, std::move(why));
}
constexpr abi::task_operations operations{&run_job, &fail_job};

/// A task for a job that is no longer in its list, or still: null when there is no memory, or no runtime.
abi::task* task_for(job& j) noexcept {
    abi::task* t = nullptr;
    try {
        t = abi::make_task(nullptr);
    } catch (...) {
        return nullptr;
    }
    std::construct_at(&j.over, std::uintptr_t{0});
    std::construct_at(&j.error);
    ::new (static_cast<void*>(t->storage)) job*(&j);
    t->operations = &operations;
    abi::detach_task(t); // its caller waits for the job
    return t;
}

/// False when there is none, or it cannot be.
bool promote_oldest(job_list& list) noexcept {
    job** link = &list.newest;
    if (!*link) {
        return false;
    }
    while ((*link)->older) {
        link = &(*link)->older;
    }
    job& oldest = **link;
    list.note_home(list, oldest);
    abi::task* t = task_for(oldest);
    if (!t) {
        return false;
    }
    *link = nullptr;
    abi::start_task(t);
    return true;
}

void promote_all(job_list& list) noexcept {
    job* oldest_first = nullptr;
    for (job* j = list.newest; j; j = j->older) {
        list.note_home(list, *j); // looks along the links
    }
    while (job* j = list.newest) {
        list.newest = j->older;
        j->older = oldest_first;
        oldest_first = j;
    }
    while (job* j = oldest_first) {
        oldest_first = j->older;
        if (abi::task* t = task_for(*j)) {
            j->older = nullptr;
            abi::start_task(t);
        } else { // stays, and is called by its task
            j->older = list.newest;
            list.newest = j;
        }
    }
}

const std::atomic<bool>* flag_here() noexcept {
    const carrier* c = this_carrier();
    return c && c->held ? &c->held->hungry : &always_hungry;
}

} // namespace

void put_aside(job_list& list) noexcept {
    promote_all(list);
    set_this_jobs(nullptr);
}

void take_back(job_list& list) noexcept {
    set_this_jobs(&list);
    list.hungry = flag_here();
    const carrier* c = this_carrier();
    if (c && c->held && c->core.worker_count > 1) {
        c->held->raise_hunger(); // what was ready here has perhaps been run meanwhile
    }
}

void begin_jobs(job_list& list) noexcept {
    take_back(list);
}

void end_jobs() noexcept {
    set_this_jobs(nullptr);
}

void jobs_enter_blocking() noexcept {
    if (job_list* list = abi::this_jobs()) {
        promote_all(*list);
        list->hungry = &always_hungry;
    }
}

void jobs_leave_blocking() noexcept {
    if (job_list* list = abi::this_jobs()) {
        list->hungry = flag_here();
    }
}

} // namespace weft::scheduler

namespace weft::abi {

using namespace weft::scheduler;

void feed_thieves(job_list& list) noexcept {
    const carrier* c = suspending_carrier();
    if (list.hungry == &always_hungry || !c) {
        promote_all(list);
        return;
    }
    worker& w = *c->held;
    const idle_set& idle = c->core.idle;
    const auto wanted = [&] {
        // No more than CPUs are left for: with 64 workers on two CPUs each fork would feed one of sixty that wait in vain.
        const unsigned without = idle.parked() + idle.searching();
        const unsigned busy = c->core.worker_count - std::min(c->core.worker_count, without);
        const unsigned room = c->core.cpu_count - std::min(c->core.cpu_count, busy);
        return std::size_t{std::max(1u, std::min(without, room))};
    };
    std::size_t ready = w.fresh_count();
    for (const std::size_t enough = wanted(); ready < enough; ++ready) {
        if (!promote_oldest(list)) {
            return;
        }
    }
    // mo: relaxed: J1, ordered by the fence.
    w.hungry.store(false, std::memory_order_relaxed);
    // Without the fence J3 may be answered before J1 is visible: a worker that becomes idle, or steals, finds the flag up, leaves it, and
    // we have taken it down without seeing that worker.
    // mo: seq_cst fence -> the changes of the idle word and of the deque's top, and worker::raise_hunger (H1, H2 of job_list.hpp).
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (w.fresh_count() < wanted()) { // J3
        // mo: relaxed: for this worker's own next fork.
        w.hungry.store(true, std::memory_order_relaxed);
    }
}

bool reclaim_job(job& j) noexcept {
    const carrier* c = suspending_carrier();
    if (!c) {
        return false;
    }
    worker& w = *c->held;
    task* t = w.take_fresh();
    if (!t) {
        return false;
    }
    if (t->operations != &operations || &job_of(*t) != &j) {
        w.put_fresh_back(t);
        return false;
    }
    abi::release_task(t);
    worker::count(w.finished);
    if (c->core.worker_count > 1) {
        w.raise_hunger();
    }
    return true;
}

unsigned job_width() noexcept {
    if (const carrier* c = this_carrier()) {
        return c->core.worker_count;
    }
    return kernel::usable_cpus();
}

} // namespace weft::abi
