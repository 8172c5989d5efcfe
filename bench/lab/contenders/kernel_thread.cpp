// SPDX-License-Identifier: MIT
// weft::kernel_thread by clone(2). Cached: its memory block (stack, thread-local storage, descriptor) was
// used by a thread before, so that creation maps nothing. Cold: the cache is emptied before each timed
// operation, so that the block is mapped, guarded and laid out anew; emptying is not timed.
#include "lab/contenders/all_or_none.hpp"
#include "lab/roster.hpp"
#include <vector>
#include <weft/kernel_thread.hpp>
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/thread_block.hpp"
#define WEFT_LAB_HAS_BLOCK_CACHE 1
#else
#define WEFT_LAB_HAS_BLOCK_CACHE 0
#endif

namespace weft::lab {

namespace {

class kernel_thread_cached : public contender {
  public:
    using contender::contender;

    void create_and_join(cell& c) override {
        kernel_thread child(&perform, std::ref(c));
        note_created(c);
        child.join();
    }

    void create_and_join_all(std::span<cell> cells) override {
        all_or_none(threads_, cells, [](cell& c) { return kernel_thread(&perform, std::ref(c)); });
    }

  private:
    std::vector<kernel_thread> threads_;
};

class kernel_thread_cold final : public kernel_thread_cached {
  public:
    using kernel_thread_cached::kernel_thread_cached;

    [[nodiscard]] std::string missing() const override {
        return WEFT_LAB_HAS_BLOCK_CACHE
                   ? ""
                   : "this build takes kernel threads from pthread_create, which keeps its own "
                     "cache of stacks";
    }

    void before_each() override {
#if WEFT_LAB_HAS_BLOCK_CACHE
        kernel::trim_thread_cache();
#endif
    }
};

} // namespace

creation_entry kernel_thread_cold_entry() {
    return {{"kernel_thread_cold", "weft::kernel_thread, cold",
             "weft::kernel_thread when no thread's memory is kept: its block is mapped anew.",
             contender_kind::kernel_thread},
            [](contender_card card, runtime&) -> std::unique_ptr<contender> {
                return std::make_unique<kernel_thread_cold>(std::move(card));
            }};
}

creation_entry kernel_thread_cached_entry() {
    return {{"kernel_thread_cached", "weft::kernel_thread, cached",
             "weft::kernel_thread on the memory block of a thread that has ended: one clone, no mmap.",
             contender_kind::kernel_thread},
            [](contender_card card, runtime&) -> std::unique_ptr<contender> {
                return std::make_unique<kernel_thread_cached>(std::move(card));
            }};
}

} // namespace weft::lab
