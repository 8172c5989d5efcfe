// SPDX-License-Identifier: MIT
// The experiments against contenders whose behaviour is known: honest ones, and each kind of liar.
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <thread>
#include <weft/runtime.hpp>

namespace weft::lab {
namespace {

/// Does with a cell what the test says, on a thread of its own.
class planted final : public contender {
  public:
    planted(std::string name, std::function<void(cell&)> act)
        : contender({std::move(name), "planted", "For the test.", contender_kind::kernel_thread}),
          act_(std::move(act)) {}

    void create_and_join(cell& c) override {
        std::thread([&] { act_(c); }).join();
    }
    void create_and_join_all(std::span<cell> cells) override {
        std::vector<std::thread> threads;
        for (cell& c : cells) {
            threads.emplace_back([&] { act_(c); });
        }
        for (std::thread& t : threads) {
            t.join();
        }
    }

  private:
    std::function<void(cell&)> act_;
};

contenders only(std::string name, std::function<void(cell&)> act) {
    contenders all;
    all.push_back(std::make_unique<planted>(std::move(name), std::move(act)));
    return all;
}

const settings brief{.rounds = 4, .batch = 3};

/// Lies from the n-th piece of work on, so that the identity check at the beginning passes.
std::function<void(cell&)> lies_later(int n, std::function<void(cell&)> lie) {
    return [n, lie, done = std::make_shared<std::atomic<int>>(0)](cell& c) {
        if (done->fetch_add(1) < n) {
            perform(c);
        } else {
            lie(c);
        }
    };
}

const std::function<void(cell&)> lies[] = {
    [](cell& c) {
        perform(c);
        c.answer ^= 1;
    },            // wrong
    [](cell&) {}, // not done
    [](cell& c) {
        perform(c);
        perform(c);
    }, // twice
};

TEST(latency, fails_when_a_contender_lies_at_once_or_later) {
    progress silent(nullptr);
    for (const auto& lie : lies) {
        EXPECT_THROW((void)measure_latency(only("x", lie), brief, 0, silent), verification_failed);
        EXPECT_THROW((void)measure_latency(only("x", lies_later(5, lie)), brief, 0, silent),
                     verification_failed);
    }
}

TEST(throughput, fails_when_one_item_of_a_batch_is_wrong_missing_or_doubled) {
    progress silent(nullptr);
    for (const auto& lie : lies) {
        EXPECT_THROW((void)measure_throughput(only("x", lies_later(7, lie)), brief, 0, silent),
                     verification_failed);
    }
}

TEST(identity, of_a_thread_contender_is_another_kernel_thread) {
    class lazy final : public contender {
      public:
        lazy() : contender({"lazy", "lazy", "Works itself.", contender_kind::kernel_thread}) {}
        void create_and_join(cell& c) override { perform(c); }
        void create_and_join_all(std::span<cell>) override {}
    } one;
    EXPECT_THROW(check_identity(one), verification_failed);
}

TEST(identity, of_a_task_contender_is_a_task) {
    class no_task final : public contender {
      public:
        no_task() : contender({"no_task", "no_task", "Uses a thread.", contender_kind::task}) {}
        void create_and_join(cell& c) override { std::thread(&perform, std::ref(c)).join(); }
        void create_and_join_all(std::span<cell>) override {}
    } one;
    EXPECT_THROW(check_identity(one), verification_failed);
}

TEST(identity, of_everybody_in_the_roster_is_what_the_card_says) {
    runtime tasks({.workers = 2});
    for (const creation_entry& e : creation_roster()) {
        const auto one = e.make(e.card, tasks);
        if (one->missing().empty()) {
            EXPECT_NO_THROW(check_identity(*one)) << e.card.name;
            std::vector<cell> cells(20);
            load(cells, 7);
            one->in_its_place([&] { one->create_and_join_all(cells); });
            EXPECT_NO_THROW(verify(cells, e.card.name));
        }
    }
}

TEST(latency, measures_twice_what_it_measures_first) {
    progress silent(nullptr);
    contenders all = only("std_thread", &perform);
    all.push_back(std::make_unique<planted>("other", &perform));
    const experiment_result r = measure_latency(all, brief, 0, silent);
    ASSERT_EQ(r.contenders.size(), 2u);
    EXPECT_EQ(r.rounds, 4u);
    EXPECT_EQ(r.baseline, "std_thread");
    EXPECT_EQ(r.contenders[0].samples.size(), 4u);
    ASSERT_TRUE(r.contenders[0].ratio);
    EXPECT_EQ(r.contenders[0].ratio->estimate, 1);
    ASSERT_TRUE(r.contenders[1].ratio);
    EXPECT_GT(r.contenders[1].ratio->estimate, 0);
    ASSERT_TRUE(r.noise);
    EXPECT_EQ(r.noise->card.name, "std_thread");
    EXPECT_EQ(r.noise->samples.size(), 4u);
    EXPECT_GE(r.noise->figure, std::abs(r.noise->ratio.estimate - 1));
}

TEST(latency, without_the_baseline_has_no_ratios_but_a_noise_figure) {
    progress silent(nullptr);
    const experiment_result r = measure_latency(only("other", &perform), brief, 0, silent);
    EXPECT_TRUE(r.baseline.empty());
    EXPECT_FALSE(r.contenders.at(0).ratio);
    EXPECT_TRUE(r.noise);
}

TEST(latency, names_who_was_skipped_and_why) {
    class absent final : public contender {
      public:
        absent() : contender({"absent", "absent", "", contender_kind::kernel_thread}) {}
        [[nodiscard]] std::string missing() const override { return "it is not there"; }
        void create_and_join(cell&) override { FAIL(); }
        void create_and_join_all(std::span<cell>) override { FAIL(); }
    };
    progress silent(nullptr);
    contenders all;
    all.push_back(std::make_unique<absent>());
    const experiment_result r = measure_latency(all, brief, 0, silent);
    EXPECT_TRUE(r.contenders.empty());
    ASSERT_EQ(r.skips.size(), 1u);
    EXPECT_EQ(r.skips[0].card.name, "absent");
    EXPECT_EQ(r.skips[0].why, "it is not there");
}

class planted_switcher final : public switcher {
  public:
    planted_switcher(bool must, std::uint64_t calls_per_switch)
        : switcher({"planted", "planted", "", contender_kind::task}), must_(must),
          calls_per_switch_(calls_per_switch) {}
    [[nodiscard]] bool every_call_switches() const noexcept override { return must_; }
    switch_count run(std::uint64_t calls) override {
        return {.nanoseconds = 100.0 * static_cast<double>(calls),
                .calls = calls,
                .switches = calls / calls_per_switch_};
    }

  private:
    bool must_;
    std::uint64_t calls_per_switch_;
};

TEST(switching, counts_what_switched_and_not_what_was_called) {
    progress silent(nullptr);
    switchers all;
    all.push_back(std::make_unique<planted_switcher>(false, 4));
    const experiment_result r = measure_switch(all, brief, silent);
    EXPECT_DOUBLE_EQ(r.contenders.at(0).figures.p50, 400);
    EXPECT_DOUBLE_EQ(r.contenders.at(0).calls_per_switch, 4);
}

TEST(switching, fails_when_calls_that_must_switch_do_not) {
    progress silent(nullptr);
    switchers all;
    all.push_back(std::make_unique<planted_switcher>(true, 2));
    EXPECT_THROW((void)measure_switch(all, brief, silent), verification_failed);
}

TEST(switching, reaches_the_other_side_for_everybody_in_the_roster) {
    for (const switch_entry& e : switch_roster()) {
        const auto one = e.make(e.card);
        if (!one->missing().empty()) {
            continue;
        }
        const switch_count count = one->run(200);
        EXPECT_EQ(count.calls, 200u) << e.card.name;
        EXPECT_LE(count.switches, count.calls) << e.card.name;
        if (one->every_call_switches()) {
            EXPECT_GE(count.switches + 4, count.calls) << e.card.name;
        }
    }
}

} // namespace
} // namespace weft::lab
