// SPDX-License-Identifier: MIT
// The lowest rungs: a task spawned and joined by a task, both on one worker of a runtime of their own, so
// that no other worker is woken and what is seen is the task's own price. One runs through on the stack that
// its worker has at hand; the other suspends once while its creator runs, so that it holds a stack of the
// pool over the switch, and the creator is seen to have run meanwhile.
#include "lab/contenders/rung.hpp"
#include "lab/roster.hpp"
#include <optional>
#include <weft/runtime.hpp>
#include <weft/this_task.hpp>

namespace weft::lab {

namespace {

class task_rung : public rung {
  public:
    using rung::rung;

    void in_its_place(const std::function<void()>& f) override {
        if (!one_worker_) {
            one_worker_.emplace(
                runtime_options{.workers = 1, .name = "rung"}); // no idle workers beside the other rungs
        }
        one_worker_->run([&f] { f(); });
    }

    void create_and_join(cell& c) override {
        auto child = spawn([&c] { perform(c); });
        note_created(c);
        child.join();
    }

  private:
    std::optional<runtime> one_worker_;
};

class task_suspends_rung final : public task_rung {
  public:
    using task_rung::task_rung;

    void create_and_join(cell& c) override {
        bool creator_ran = false; // one worker: creator and child never run at once
        bool seen = false;
        auto child = spawn([&] {
            weft::yield();
            seen = creator_ran;
            perform(c);
        });
        note_created(c);
        weft::yield(); // the child runs up to its yield
        creator_ran = true;
        child.join();
        if (!seen) {
            throw verification_failed(about().title + ": the child did not suspend");
        }
    }
};

} // namespace

creation_entry task_entry() {
    return {{"task", "weft::spawn, a task",
             "A task spawned and joined by a task of the same worker; it never suspends.",
             contender_kind::task},
            &make_rung<task_rung>};
}

creation_entry task_suspends_entry() {
    return {{"task_suspends", "weft::spawn, suspends once",
             "The same, but the child suspends once and so holds a stack of the pool while its creator runs.",
             contender_kind::task},
            &make_rung<task_suspends_rung>};
}

} // namespace weft::lab
