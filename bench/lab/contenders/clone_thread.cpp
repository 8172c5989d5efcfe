// SPDX-License-Identifier: MIT
// A bare thread by clone(2) or clone3(2) through weft's unchecked doors: no TLS of its own, no libc, a stack
// that is kept. The kernel clears a word at its end, and the joiner sleeps on that. What weft::kernel_thread
// and pthread_create cost above it is the price of being a thread on which ordinary code runs.
#include "lab/contenders/bare_clone.hpp"
#include "lab/contenders/child_end.hpp"
#include "lab/contenders/clone_word.hpp"
#include "lab/contenders/rung.hpp"
#include "lab/roster.hpp"
#include <linux/sched.h>
#include <weft/clone.hpp>
#include <weft/raw.hpp>

namespace weft::lab {

namespace {

int work(void* c) {
    perform(*static_cast<cell*>(c));
    return 0;
}

class clone_thread_rung final : public rung {
  public:
    using rung::rung;

    [[nodiscard]] std::string missing() const override { return bare_clone_missing(); }

    void create_and_join(cell& c) override {
        word_.arm();
        demand_child(raw_clone(&work, stack_.top(), bare_thread_flags, &c, nullptr, nullptr, word_.address()),
                     "clone");
        note_created(c);
        word_.wait_parked();
    }

  private:
    clone_stack stack_{64 * 1024};
    clone_word word_;
};

class clone3_thread_rung final : public rung {
  public:
    using rung::rung;

    [[nodiscard]] std::string missing() const override {
        if (raw_clone3(nullptr, 0, &work, nullptr) < 0 && (errno == ENOSYS || errno == EPERM)) {
            return "clone3 is not to be had here (" + std::generic_category().message(errno) + ")";
        }
        return bare_clone_missing();
    }

    void create_and_join(cell& c) override {
        word_.arm();
        clone_args how{};
        how.flags = bare_thread_flags;
        how.child_tid = reinterpret_cast<std::uintptr_t>(word_.address());
        how.stack = reinterpret_cast<std::uintptr_t>(stack_.span().data());
        how.stack_size = stack_.span().size();
        demand_child(raw_clone3(&how, CLONE_ARGS_SIZE_VER0, &work, &c), "clone3");
        note_created(c);
        word_.wait_parked();
    }

  private:
    clone_stack stack_{64 * 1024};
    clone_word word_;
};

} // namespace

creation_entry clone_thread_entry() {
    return {{"clone_thread", "clone, a thread",
             "clone with CLONE_THREAD: a bare kernel thread without TLS; the joiner sleeps on the word that "
             "the kernel clears.",
             contender_kind::kernel_thread},
            &make_rung<clone_thread_rung>};
}

creation_entry clone3_thread_entry() {
    return {{"clone3_thread", "clone3, a thread", "The same by clone3.", contender_kind::kernel_thread},
            &make_rung<clone3_thread_rung>};
}

} // namespace weft::lab
