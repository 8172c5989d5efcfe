// SPDX-License-Identifier: MIT
// Row: glibc's count of threads. main may leave by pthread_exit while others run; the process then ends with 0, exit handlers run,
// when the last thread does. Uncounted workers are cut off at main's pthread_exit.
#include "support/child.hpp"
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <fcntl.h>
#include <pthread.h>

static bool main_is_a_zombie() {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
    char text[256] = {};
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1) {
        return true;
    }
    [[maybe_unused]] const ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    const char* state = std::strrchr(text, ')');
    return state && state[1] == ' ' && state[2] == 'Z';
}

static int leave_by_pthread_exit(int workers) {
    std::atexit([] { support::say("exit handlers ran;"); });
    static std::atomic<int> left{0};
    left = workers;
    for (int i = 0; i < workers; ++i) {
        support::raw_thread([] {
            REQUIRE(support::eventually(main_is_a_zombie));
            if (--left == 0) {
                support::say("work done after main;");
            }
        }).detach();
    }
    pthread_exit(nullptr);
}

static void row() {
    for (const int workers : {1, 4}) {
        const auto how = support::run_in_child([&] { return leave_by_pthread_exit(workers); });
        support::require_exit(how, 0, "main left by pthread_exit, the last worker ended the process");
        REQUIRE(how.says("work done after main;exit handlers ran;"));
    }
    // Threads that ended before must not be counted for ever: alone again, main's pthread_exit ends the process.
    const auto alone = support::run_in_child([] {
        support::on_raw_threads(3, [](int) {});
        pthread_exit(nullptr);
        return 5;
    });
    support::require_exit(alone, 0, "main left by pthread_exit after all workers");
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::thread_count, row);
}
