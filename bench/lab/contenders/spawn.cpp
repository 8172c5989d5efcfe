// SPDX-License-Identifier: MIT
// weft::spawn and join_handle::join. Three places to stand: a foreign thread while the workers are awake, a
// foreign thread when they have gone to sleep (a spawn must wake one), and inside a task.
#include "lab/contenders/all_or_none.hpp"
#include "lab/roster.hpp"
#include <ctime>
#include <vector>
#include <weft/runtime.hpp>

namespace weft::lab {

namespace {

class spawn_from_thread : public contender {
  public:
    spawn_from_thread(contender_card card, runtime& tasks) : contender(std::move(card)), tasks_(tasks) {}

    void create_and_join(cell& c) override {
        auto child = tasks_.spawn([&c] { perform(c); });
        note_created(c);
        child.join();
    }

    void create_and_join_all(std::span<cell> cells) override {
        all_or_none(handles_, cells, [this](cell& c) { return tasks_.spawn([&c] { perform(c); }); });
    }

  protected:
    runtime& tasks_;

  private:
    std::vector<join_handle<void>> handles_;
};

class spawn_workers_asleep final : public spawn_from_thread {
  public:
    using spawn_from_thread::spawn_from_thread;

    [[nodiscard]] std::string no_batches() const override {
        return "only the first of a batch would find the workers asleep";
    }

    void before_each() override {
        // Long enough for idle workers to give up their search and park.
        const timespec a_while{0, 300'000};
        nanosleep(&a_while, nullptr);
    }
};

class spawn_from_task final : public spawn_from_thread {
  public:
    using spawn_from_thread::spawn_from_thread;

    void in_its_place(const std::function<void()>& f) override {
        tasks_.run([&f] { f(); });
    }
};

template <class Contender>
std::unique_ptr<contender> make(contender_card card, runtime& tasks) {
    return std::make_unique<Contender>(std::move(card), tasks);
}

} // namespace

creation_entry spawn_workers_asleep_entry() {
    return {{"spawn_workers_asleep", "weft::spawn, workers asleep",
             "weft::spawn from a thread that is no worker, when all workers are parked: one must be woken.",
             contender_kind::task},
            &make<spawn_workers_asleep>};
}

creation_entry spawn_from_thread_entry() {
    return {{"spawn_from_thread", "weft::spawn from a thread",
             "weft::spawn from a thread that is no worker, in quick succession.", contender_kind::task},
            &make<spawn_from_thread>};
}

creation_entry spawn_from_task_entry() {
    return {{"spawn_from_task", "weft::spawn from a task", "weft::spawn and join inside a running task.",
             contender_kind::task},
            &make<spawn_from_task>};
}

} // namespace weft::lab
