// SPDX-License-Identifier: MIT
// clone(2) through weft's unchecked door, as a child process that shares ever more with its parent: nothing,
// the memory, the working directory and the descriptors, the signal handlers, the semaphore undo list and the
// I/O context. One more step is the thread (clone_thread.cpp). The stack is mapped once and kept: what a flag
// costs is what differs. A child that shares the memory shares its creator's thread pointer too; perform()
// writes nothing by it.
#include "lab/contenders/bare_clone.hpp"
#include "lab/contenders/child_end.hpp"
#include "lab/contenders/rung.hpp"
#include "lab/contenders/shared_cell.hpp"
#include "lab/roster.hpp"
#include <csignal>
#include <weft/clone.hpp>
#include <weft/raw.hpp>

namespace weft::lab {

namespace {

int work(void* c) {
    perform(*static_cast<cell*>(c));
    return 0;
}

class clone_process : public rung {
  public:
    clone_process(contender_card card, clone_flags flags) : rung(std::move(card)), flags_(flags) {}

    [[nodiscard]] std::string missing() const override { return bare_clone_missing(); }

    [[nodiscard]] std::uint64_t echo_ns() const noexcept override {
        return flags_.has(clone_flag::vm) ? 0 : echo_of_a_copy_ns;
    }

    void create_and_join(cell& c) override {
        const bool copies = !flags_.has(clone_flag::vm);
        cell& there = copies ? *shared_ : c;
        if (copies) {
            there = c;
        }
        const pid_t child =
            raw_clone(&work, stack_.top(), static_cast<unsigned long>(flags_.bits()) | SIGCHLD, &there);
        note_created(c);
        bury(demand_child(child, "clone"), about().title);
        if (copies) {
            there.created = c.created;
            c = there;
        }
    }

  private:
    const clone_flags flags_;
    clone_stack stack_{64 * 1024};
    shared_cell shared_;
};

constexpr clone_flags files = clone_flag::vm | clone_flag::fs | clone_flag::files;
constexpr clone_flags sighand = files | clone_flag::sighand;
constexpr clone_flags sysvsem = sighand | clone_flag::sysvsem | clone_flag::io;

template <int Step>
std::unique_ptr<contender> make(contender_card card, runtime&) {
    constexpr clone_flags steps[] = {clone_flags{}, clone_flags(clone_flag::vm), files, sighand, sysvsem};
    return std::make_unique<clone_process>(std::move(card), steps[Step]);
}

} // namespace

creation_entry clone_nothing_entry() {
    return {{"clone_nothing", "clone, nothing shared",
             "clone(SIGCHLD) and wait4: fork without libc's handlers.", contender_kind::process},
            &make<0>};
}
creation_entry clone_vm_entry() {
    return {{"clone_vm", "clone, VM", "clone(CLONE_VM): the memory is shared, so no page table is copied.",
             contender_kind::process},
            &make<1>};
}
creation_entry clone_files_entry() {
    return {{"clone_vm_fs_files", "clone, VM FS FILES",
             "And the working directory, the umask and the descriptors.", contender_kind::process},
            &make<2>};
}
creation_entry clone_sighand_entry() {
    return {{"clone_vm_fs_files_sighand", "clone, + SIGHAND", "And the table of signal handlers.",
             contender_kind::process},
            &make<3>};
}
creation_entry clone_sysvsem_entry() {
    return {{"clone_sysvsem_io", "clone, + SYSVSEM IO",
             "And the System V undo list and the I/O context: all that a thread shares, but in a process of "
             "its own.",
             contender_kind::process},
            &make<4>};
}

} // namespace weft::lab
