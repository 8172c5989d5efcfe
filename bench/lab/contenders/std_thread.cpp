// SPDX-License-Identifier: MIT
// std::thread, as libstdc++ makes it: a heap-allocated call, then pthread_create with default attributes.
#include "lab/contenders/all_or_none.hpp"
#include "lab/roster.hpp"
#include <thread>
#include <vector>

namespace weft::lab {

namespace {

class std_thread final : public contender {
  public:
    using contender::contender;

    void create_and_join(cell& c) override {
        std::thread child(&perform, std::ref(c));
        note_created(c);
        child.join();
    }

    void create_and_join_all(std::span<cell> cells) override {
        all_or_none(threads_, cells, [](cell& c) { return std::thread(&perform, std::ref(c)); });
    }

  private:
    std::vector<std::thread> threads_; // kept: its memory is not what is measured
};

} // namespace

creation_entry std_thread_entry() {
    return {{"std_thread", "std::thread", "std::thread with its default attributes.",
             contender_kind::kernel_thread},
            [](contender_card card, runtime&) -> std::unique_ptr<contender> {
                return std::make_unique<std_thread>(std::move(card));
            }};
}

} // namespace weft::lab
