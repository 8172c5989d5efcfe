// SPDX-License-Identifier: MIT
// Row: glibc's handler for setxid's signal (33). pthread_create installs it on its first call, if no thread was there before; ours
// come before, so it has to be brought to it. Without the handler setuid() ends the process as soon as it finds another thread on
// glibc's list: main when a worker calls it, any std::thread when main does.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <thread>

static void row() {
    support::on_raw_threads(2, [](int) {});
    std::atomic<bool> leave{false};
    std::thread pthread([&] { REQUIRE(support::eventually([&] { return leave.load(); })); });
    REQUIRE(setuid(getuid()) == 0);
    support::raw_thread([] { REQUIRE(setgid(getgid()) == 0); });
    leave = true;
    pthread.join();
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::setxid_handler, row);
}
