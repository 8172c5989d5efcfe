// SPDX-License-Identifier: MIT
// fork(2) as libc offers it (with its handlers), and vfork(2). The child does the work and leaves by _exit;
// the parent waits.
#include "lab/contenders/bare_clone.hpp"
#include "lab/contenders/child_end.hpp"
#include "lab/contenders/rung.hpp"
#include "lab/contenders/shared_cell.hpp"
#include "lab/roster.hpp"
#include <unistd.h>

namespace weft::lab {

namespace {

class fork_rung final : public rung {
  public:
    using rung::rung;

    [[nodiscard]] std::uint64_t echo_ns() const noexcept override { return echo_of_a_copy_ns; }

    void create_and_join(cell& c) override {
        cell& there = *shared_;
        there = c;
        const pid_t child = fork();
        if (child == 0) {
            perform(there);
            _exit(0);
        }
        note_created(c);
        bury(demand_child(child, "fork"), about().title);
        there.created = c.created;
        c = there;
    }

  private:
    shared_cell shared_;
};

class vfork_rung final : public rung {
  public:
    using rung::rung;

    [[nodiscard]] std::string missing() const override { return bare_clone_missing(); }

    void create_and_join(cell& c) override {
        const pid_t child = begin(c);
        note_created(c);
        bury(demand_child(child, "vfork"), about().title);
    }

  private:
    /// Apart, so that no variable of the caller's lives across the call that returns twice.
    [[gnu::noinline]] static pid_t begin(cell& c) {
        const pid_t child = vfork();
        if (child == 0) {
            perform(c);
            _exit(0);
        }
        return child;
    }
};

} // namespace

creation_entry fork_entry() {
    return {{"fork", "fork",
             "fork and waitpid; the child does the work in a copy of everything and leaves by _exit.",
             contender_kind::process},
            &make_rung<fork_rung>};
}

creation_entry vfork_entry() {
    return {{"vfork", "vfork", "vfork and waitpid; the parent stands still until the child has left.",
             contender_kind::process},
            &make_rung<vfork_rung>};
}

} // namespace weft::lab
