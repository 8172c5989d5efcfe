// SPDX-License-Identifier: MIT
// The driver with contenders that the test plants: shell scripts that answer rightly, wrongly, late or not at all. Each of these tests
// fails when run_once() forgets the case that it is named for: the fault is then empty.
#include "driver/report.hpp"
#include "driver/run.hpp"
#include "lab/report/json_reader.hpp"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weft::workload {
namespace {

class planted {
  public:
    planted() {
        std::string name = (std::filesystem::temp_directory_path() / "weft_bench_XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~planted() { std::filesystem::remove_all(folder_); }
    planted(const planted&) = delete;
    planted& operator=(const planted&) = delete;

    contender_entry contender(const std::string& name, const std::string& script) const {
        const std::filesystem::path path = folder_ / name;
        std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return {name, name, path.string(), ""};
    }

  private:
    std::filesystem::path folder_;
};

const std::string one_figure = R"(echo '{"figure":"call","unit":"ns","value":)";

std::string prints(double value) {
    return one_figure + std::to_string(value) + "}'";
}

outcome run(const contender_entry& who, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return run_once(who, *find_workload("fib"), nullptr, 2, scale::tiny, limit);
}

bench_report run_fib(const std::vector<contender_entry>& all) {
    settings asked;
    asked.workloads = {find_workload("fib")};
    asked.workers = {1};
    asked.rounds = 3;
    asked.limit = std::chrono::seconds(20);
    lab::progress silent(nullptr);
    return run_all(asked, all, silent);
}

TEST(workload_driver, a_contender_that_prints_a_figure_has_no_fault) {
    const planted here;
    const outcome got = run(here.contender("good", prints(8.5)));
    EXPECT_EQ(got.fault, "");
    ASSERT_EQ(got.figures.size(), 1u);
    EXPECT_EQ(got.figures[0].value, 8.5);
    EXPECT_EQ(got.figures[0].unit, "ns");
}

TEST(workload_driver, the_sizes_of_the_workload_reach_the_contender) {
    const planted here;
    const outcome got = run(here.contender("arguments", "[ \"$*\" = 'fib --workers 2 --n 12' ] || exit 3\n" + prints(1)));
    EXPECT_EQ(got.fault, "");
}

TEST(workload_driver, a_check_that_fails_is_a_fault_even_when_figures_were_printed) {
    const planted here;
    const outcome got = run(here.contender("wrong", prints(1) + "\necho 'fib is wrong' >&2\nexit 3"));
    EXPECT_EQ(got.fault, "its check failed: fib is wrong");
    EXPECT_TRUE(got.figures.empty());
}

TEST(workload_driver, a_contender_that_does_not_end_is_killed_at_its_limit) {
    const planted here;
    const auto begin = std::chrono::steady_clock::now();
    const outcome got = run(here.contender("late", "sleep 100"), std::chrono::seconds(1));
    EXPECT_EQ(got.fault, "not done after 1 s");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(50));
}

TEST(workload_driver, a_contender_that_closes_its_output_and_runs_on_is_killed_too) {
    const planted here;
    const outcome got = run(here.contender("closed", "exec >&- 2>&-\nsleep 100"), std::chrono::seconds(1));
    EXPECT_EQ(got.fault, "not done after 1 s");
}

TEST(workload_driver, a_signal_an_exit_status_silence_and_chatter_are_faults) {
    const planted here;
    EXPECT_NE(run(here.contender("killed", "kill -SEGV $$")).fault.find("ended by a signal"), std::string::npos);
    EXPECT_EQ(run(here.contender("status", "exit 5")).fault, "exit status 5");
    EXPECT_EQ(run(here.contender("silent", "exit 0")).fault, "it printed no figure");
    EXPECT_NE(run(here.contender("chatter", "echo hello")).fault.find("which is no figure"), std::string::npos);
    EXPECT_NE(run({"gone", "gone", "/nowhere/gone", ""}).fault.find("cannot start"), std::string::npos);
}

TEST(workload_driver, a_contender_may_decline_without_fault) {
    const planted here;
    const outcome got = run(here.contender("declines", "echo 'too many' >&2; exit 77"));
    EXPECT_EQ(got.fault, "");
    EXPECT_EQ(got.declined, "too many");
}

TEST(workload_driver, ratios_are_of_medians_to_weft_and_the_failed_and_the_missing_are_named) {
    const planted here;
    const bench_report report = run_fib({here.contender("weft", prints(4)), here.contender("slow", prints(10)), here.contender("wrong", "exit 3"),
                                         {"none", "None", "", "libnone-dev"}});
    const workload_result& fib = report.workloads.at(0);
    ASSERT_EQ(fib.all.size(), 2u);
    EXPECT_EQ(fib.all[1].contender, "slow");
    EXPECT_EQ(fib.all[1].ratio, 2.5);
    EXPECT_EQ(fib.all[1].samples.size(), 3u);
    ASSERT_EQ(fib.outside.size(), 2u);
    EXPECT_EQ(fib.outside[0].contender, "None");
    EXPECT_NE(fib.outside[0].why.find("libnone-dev"), std::string::npos);
    EXPECT_TRUE(fib.outside[1].fault);
    const std::string table = table_report(report);
    EXPECT_NE(table.find("2.50x"), std::string::npos);
    EXPECT_NE(table.find("wrong FAILED"), std::string::npos);
    const std::string page = html_report(report);
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_NE(page.find("wrong failed and was left out"), std::string::npos);
    const lab::json_value json = lab::read_json(json_report(report));
    EXPECT_EQ(json.items_of("workloads").at(0).items_of("figures").at(1).number_of("ratio_to_weft"), 2.5);
}

TEST(workload_driver, a_contender_that_fails_once_is_left_out_whole) {
    const planted here;
    const bench_report report =
        run_fib({here.contender("weft", prints(4)), here.contender("flaky", "[ ! -e $0.ran ] || exit 3\n: > $0.ran\n" + prints(1))});
    EXPECT_EQ(report.workloads.at(0).all.size(), 1u);
    EXPECT_TRUE(report.workloads.at(0).outside.at(0).fault);
}

TEST(workload_driver, the_last_run_replaces_what_stands_between_the_marks_only) {
    const planted here;
    const bench_report report = run_fib({here.contender("weft", prints(4))});
    const std::string begin = "<!-- last run: written by weft bench --markdown -->\n";
    const std::string end = "<!-- end of last run -->\n";
    const std::string once = with_last_run("head\n" + begin + "old\n" + end + "tail\n", report);
    EXPECT_TRUE(once.starts_with("head\n" + begin));
    EXPECT_TRUE(once.ends_with(end + "tail\n"));
    EXPECT_EQ(once.find("old"), std::string::npos);
    EXPECT_EQ(with_last_run(once, report), once);
    EXPECT_THROW((void)with_last_run("no marks", report), std::runtime_error);
}

} // namespace
} // namespace weft::workload
