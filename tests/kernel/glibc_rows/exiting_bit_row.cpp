// SPDX-License-Identifier: MIT
// Row: the EXITING bit. setuid() signals every thread on glibc's list that does not carry it, and waits for each to answer. A raw
// thread cannot always answer: while it is made and while it ends its signals are blocked for good. Without the bit setuid() beside
// threads that come and go waits for ever (here: until the time limit); with it, workers are passed over (and keep their ids).
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>

static void row() {
    std::atomic<bool> leave{false};
    std::atomic<long> threads{0};
    {
        const auto churn = [&] {
            while (!leave) {
                support::raw_thread([&] { ++threads; });
            }
        };
        support::raw_thread one(churn);
        support::raw_thread two(churn);
        for (int i = 0; i < 3000 || threads < 1000; ++i) {
            REQUIRE(setuid(getuid()) == 0);
        }
        leave = true;
    }
    support::say("%ld threads came and went\n", threads.load());
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::exiting_bit, row, 10);
}
