// SPDX-License-Identifier: MIT
// posix_spawn of a tiny program (child/tiny_program.cpp) and waitpid. The program lies in a memfd, so that no
// disk takes part; the cell is another memfd, which the program finds as descriptor 3.
#include "lab/contenders/child_end.hpp"
#include "lab/contenders/rung.hpp"
#include "lab/contenders/shared_cell.hpp"
#include "lab/contenders/tiny_program.hpp"
#include "lab/roster.hpp"
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <unistd.h>
#include <weft/file_descriptor.hpp>

namespace weft::lab {

namespace {

void demand(int error, const char* call) {
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), call);
    }
}

int memory_file(const char* name) {
    const file_descriptor low(memfd_create(name, MFD_CLOEXEC));
    demand(!low ? errno : 0, "memfd_create");
    // Above the descriptor that the child's cell will have: it must not take the program's place before exec.
    const int high = fcntl(low.get(), F_DUPFD_CLOEXEC, tiny_program_cell + 1);
    demand(high < 0 ? errno : 0, "fcntl(F_DUPFD_CLOEXEC)");
    return high;
}

class spawned_program {
  public:
    spawned_program() : program_(memory_file("tiny")), memory_(memory_file("cell")) {
        for (std::size_t done = 0; done < tiny_program_size;) {
            const ssize_t n = write(program_.get(), tiny_program + done, tiny_program_size - done);
            demand(n <= 0 ? errno : 0, "write of the tiny program");
            done += static_cast<std::size_t>(n);
        }
        demand(ftruncate(memory_.get(), shared_cell::size) != 0 ? errno : 0, "ftruncate");
        shared_.emplace(memory_.get());
        path_ = "/proc/self/fd/" + std::to_string(program_.get());
        demand(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
        demand(posix_spawn_file_actions_adddup2(&actions_, memory_.get(), tiny_program_cell), "adddup2");
    }
    ~spawned_program() { posix_spawn_file_actions_destroy(&actions_); }
    spawned_program(const spawned_program&) = delete;
    spawned_program& operator=(const spawned_program&) = delete;

    void run(cell& c, const std::string& title) {
        cell& there = **shared_;
        there = c;
        char name[] = "tiny";
        char* arguments[] = {name, nullptr};
        char* environment[] = {nullptr};
        pid_t child = -1;
        demand(posix_spawn(&child, path_.c_str(), &actions_, nullptr, arguments, environment), "posix_spawn");
        note_created(c);
        bury(child, title);
        there.created = c.created;
        c = there;
    }

  private:
    file_descriptor program_, memory_;
    std::optional<shared_cell> shared_;
    std::string path_;
    posix_spawn_file_actions_t actions_{};
};

class posix_spawn_rung final : public rung {
  public:
    using rung::rung;

    [[nodiscard]] std::string missing() const override {
        try {
            spawned_program trial;
            cell c{.input = 1};
            trial.run(c, about().title);
        } catch (const std::system_error& refused) {
            return std::string("a program in a memfd cannot be run here: ") + refused.what();
        }
        return {};
    }

    void create_and_join(cell& c) override {
        if (!program_) {
            program_.emplace();
        }
        program_->run(c, about().title);
    }

  private:
    std::optional<spawned_program> program_;
};

} // namespace

creation_entry posix_spawn_entry() {
    return {{"posix_spawn", "posix_spawn",
             "posix_spawn of a static program without libc, which does the work, and waitpid.",
             contender_kind::process},
            &make_rung<posix_spawn_rung>};
}

} // namespace weft::lab
