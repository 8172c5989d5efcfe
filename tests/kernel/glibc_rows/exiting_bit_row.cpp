// SPDX-License-Identifier: MIT
// Row: the EXITING bit. setuid() sends signal 33 to every thread on glibc's list; the handler is installed only by pthread_create,
// so a worker that is not marked as leaving ends the process. With the mark it is passed over (and keeps its old ids).
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>

static void row() {
    std::atomic<int> running{0};
    std::atomic<bool> leave{false};
    const auto wait_for_the_end = [&] {
        ++running;
        REQUIRE(support::eventually([&] { return leave.load(); }));
    };
    support::raw_thread one(wait_for_the_end);
    support::raw_thread two(wait_for_the_end);
    REQUIRE(support::eventually([&] { return running == 2; }));
    REQUIRE(setuid(getuid()) == 0);
    REQUIRE(setgid(getgid()) == 0);
    REQUIRE(seteuid(geteuid()) == 0);
    leave = true;
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::exiting_bit, row);
}
