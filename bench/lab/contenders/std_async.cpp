// SPDX-License-Identifier: MIT
// std::async(std::launch::async): a std::thread and a shared state with its own allocation, and get() on the
// future.
#include "lab/contenders/rung.hpp"
#include "lab/roster.hpp"
#include <functional>
#include <future>

namespace weft::lab {

namespace {

class std_async final : public rung {
  public:
    using rung::rung;

    void create_and_join(cell& c) override {
        std::future<void> outcome = std::async(std::launch::async, &perform, std::ref(c));
        note_created(c);
        outcome.get();
    }
};

} // namespace

creation_entry std_async_entry() {
    return {{"std_async", "std::async", "std::async with std::launch::async, and get() on its future.",
             contender_kind::kernel_thread},
            &make_rung<std_async>};
}

} // namespace weft::lab
