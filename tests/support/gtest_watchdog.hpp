// SPDX-License-Identifier: MIT
// Included by a GoogleTest file, it puts every test of that program under a watchdog of its own: 60 seconds a test, or
// what WEFT_TEST_SECONDS says.
#pragma once
#include "support/watchdog.hpp"
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace test {

class watchdog_of_each_test : public testing::EmptyTestEventListener {
  public:
    static bool install() {
        testing::UnitTest::GetInstance()->listeners().Append(new watchdog_of_each_test); // GoogleTest deletes it
        return true;
    }

  private:
    void OnTestStart(const testing::TestInfo& info) override {
        const char* limit = std::getenv("WEFT_TEST_SECONDS");
        name_ = std::string(info.test_suite_name()) + "." + info.name();
        watchdog_.emplace(limit ? static_cast<unsigned>(std::atoi(limit)) : 60u, name_.c_str());
    }
    void OnTestEnd(const testing::TestInfo&) override { watchdog_.reset(); }

    std::string name_;
    std::optional<watchdog> watchdog_;
};

inline const bool watchdog_installed = watchdog_of_each_test::install();

} // namespace test
