// SPDX-License-Identifier: MIT
// To the scheduler a scope is a group: its children are tasks that nobody joins one by one, whose ends its wait_group counts. A scope that
// lives for long keeps nothing of those that are done.
//
// A child counts as done when its callable and its task_locals are destroyed (complete() in scheduler/completion.hpp): after that nothing of
// it may look at what the scope's frame holds, and the scope may be gone.
//
// The count is what all children's workers share, so it is touched rarely. The maker counts children in advance, 64 at a time. A worker
// tells of ends that follow each other in one go (worker::note_end): it keeps them while the next thing it runs is a fresh child of
// the same scope, without which the scope is not done either; before it runs anything else, and before that child suspends or blocks,
// it tells. So a join returns no later for it. A hundred children of 10 ns, again and again, with two workers: 265 ns each without,
// 74 with it (bench/workload/batch).
//
// Which scope somebody is in: who makes a scope is in that one until it is left, by a task_local; a child is in its parent scope, to
// which its task points, so that most children need no memory beside their task.
//
// A deadline is watched by a task, not by a timer alone, since request_stop() runs callbacks, which are user code and may suspend. A
// scope whose deadline is the outer one's has no watcher: the outer stop comes through. The watcher is counted apart from the
// children, or nobody would ever be done.
#include "base/check.hpp"
#include "scheduler/runtime_core.hpp"
#include <weft/scope.hpp>
#include <weft/spawn.hpp>
#include <weft/task_local.hpp>

#include <algorithm>
#include <memory>

namespace weft {

namespace {

std::uint64_t number_of_current() noexcept {
    static const std::uint64_t number = abi::new_local_number();
    return number;
}

scope* current_scope() noexcept {
    if (void* made_here = abi::find_local(number_of_current())) {
        return static_cast<scope*>(made_here);
    }
    abi::task* const self = scheduler::running_task();
    return self && self->operations->tell_group ? &abi::home_of(*self) : nullptr;
}

} // namespace

scope::scope(const scope_options& options)
    : outer_(current_scope()), jobs_(abi::this_jobs()), newest_job_(jobs_ ? jobs_->newest : nullptr), deadline_(options.deadline),
      maker_(scheduler::running_task()), uncaught_(std::uncaught_exceptions()) {
    bool own_deadline = deadline_.has_value();
    if (outer_ && outer_->deadline_ && (!deadline_ || *outer_->deadline_ <= *deadline_)) {
        deadline_ = outer_->deadline_;
        own_deadline = false;
    }
    abi::set_local(number_of_current(), this);
    try {
        if (own_deadline) {
            watch();
        }
        if (outer_) {
            outer_stop_.emplace(outer_->get_token(), pass_on{source_});
        }
        other_stop_.emplace(options.stop, pass_on{source_});
    } catch (...) {
        end_watch();
        abi::set_local(number_of_current(), outer_);
        throw;
    }
}

scope::~scope() {
    const bool passing_by = std::uncaught_exceptions() > uncaught_;
    return_credit();
    if (!children_.try_wait()) {
        request_stop();
        children_.wait();
    }
    end_watch();
    base::check(passing_by || !first_, "a weft::scope was left with an exception that nobody has seen: join it");
    collect();
    abi::set_local(number_of_current(), outer_); // has a value: does not throw
}

void scope::watch() {
    watchers_.add();
    try {
        weft::spawn([this] {
            try {
                if (!over_.wait_until(*deadline_)) {
                    // mo: release -> timed_out's acquire: it comes before the stop.
                    time_is_up_.store(true, std::memory_order_release);
                    source_.request_stop();
                }
            } catch (...) { // no memory for a timer: then the time may as well be up
                source_.request_stop();
                over_.wait();
            }
            watchers_.done();
        }).detach();
    } catch (...) {
        watchers_.done();
        throw;
    }
    watched_ = true;
}

void scope::end_watch() noexcept {
    if (std::exchange(watched_, false)) {
        over_.done();
        watchers_.wait();
    }
}

/// The failures that came after the first, oldest first. When no child is left.
void scope::collect() noexcept {
    // mo: acquire -> child_failed's CAS: what it points to.
    failure* youngest = failures_.exchange(nullptr, std::memory_order_acquire);
    const std::size_t had = others_.size();
    while (youngest) {
        const std::unique_ptr<failure> f(std::exchange(youngest, youngest->next));
        try {
            others_.push_back(std::move(f->why));
        } catch (...) {
            // mo: relaxed: a count.
            lost_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    std::reverse(others_.begin() + static_cast<std::ptrdiff_t>(had), others_.end());
}

/// Before the child is known to anybody; `by` is the running task. The maker counts in advance: a count for each child would be a fight with
/// those that end, and a count that comes to zero again and again takes a lock each time.
inline void scope::count_child(const abi::task* by) noexcept {
    constexpr std::ptrdiff_t in_advance = 64;
    if (!by || by != maker_) {
        children_.add();
        return;
    }
    if (credit_ == 0) [[unlikely]] {
        children_.add(in_advance);
        credit_ = in_advance;
    }
    --credit_;
}

void scope::return_credit() noexcept {
    if (credit_ != 0) {
        children_.add(-std::exchange(credit_, 0));
    }
}

void scope::join() {
    return_credit();
    children_.wait();
    end_watch();
    collect();
    if (first_) {
        std::rethrow_exception(std::exchange(first_, nullptr));
    }
}

bool scope::timed_out() const noexcept {
    for (const scope* s = this; s; s = s->outer_) {
        // mo: acquire -> the watcher's store.
        if (s->time_is_up_.load(std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

namespace abi {

task* make_child(scope& home) {
    const scheduler::carrier* const c = scheduler::suspending_carrier();
    task* const t = c ? scheduler::make_task_on(*c->held) : make_task(nullptr);
    home.count_child(c ? c->running : scheduler::running_task());
    return t;
}

void enter_scope(scope& home) {
    set_local(number_of_current(), &home);
}

void child_failed(scope& home, std::exception_ptr why) noexcept {
    // mo: acq_rel: only one may be the first; first_ itself is carried by children_.
    if (!home.failed_.exchange(true, std::memory_order_acq_rel)) {
        home.first_ = std::move(why);
        home.request_stop();
        return;
    }
    auto* one = new (std::nothrow) scope::failure{std::move(why), nullptr};
    if (!one) {
        // mo: relaxed: a count.
        home.lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    // mo: relaxed: only a guess.
    one->next = home.failures_.load(std::memory_order_relaxed);
    // mo: release -> collect's acquire: *one. Failure order relaxed: another guess.
    while (!home.failures_.compare_exchange_weak(one->next, one, std::memory_order_release, std::memory_order_relaxed)) {
    }
}

void tell_scope(void* home, std::ptrdiff_t ended) noexcept {
    static_cast<scope*>(home)->children_.add(-ended);
}

scope* scope_of_job(const job_list& list, const job& j) noexcept {
    // A scope that this task made when j lay in the list already is not j's. (What it has of the list is older than it, and j is still
    // listed; so if j is in it, then by the links.)
    const auto has = [&j](const job* newest) {
        while (newest && newest != &j) {
            newest = newest->older;
        }
        return newest != nullptr;
    };
    scope* s = current_scope();
    while (s && s->jobs_ == &list && has(s->newest_job_)) {
        s = s->outer_;
    }
    return s;
}

void abandon_child(scope& home, task* t) noexcept {
    abandon_task(t);
    home.children_.done();
}

} // namespace abi
} // namespace weft
