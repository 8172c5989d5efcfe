// SPDX-License-Identifier: MIT
// A program written as C: main starts workers, prints through stdio, and returns while they run. The return must flush, and end
// the process with main's value, without hang or crash. (main_returns.sh runs it many times.)
#include "kernel/thread.hpp"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void* volatile kept;

static void worker(void* argument) {
    const long way = *static_cast<long*>(argument);
    for (;;) {
        if (way == 0) {
            char* text = static_cast<char*>(malloc(3000));
            memset(text, 'w', 3000);
            kept = text;
            free(text);
        } else if (way == 1) {
            struct timespec wait = {0, 1000};
            nanosleep(&wait, nullptr);
        } else {
            fprintf(stderr, "%s", "");
        }
    }
}

int main(int argc, char** argv) {
    static long ways[3] = {0, 1, 2};
    alarm(20);
    for (int i = 0; i < 6; ++i) {
        auto started = weft::kernel::start_thread(worker, &ways[i % 3], weft::kernel::thread_options{});
        if (!started.ok()) {
            return 90;
        }
        if (i < 3) {
            weft::kernel::detach_thread(started.value());
        }
    }
    printf("hello from main\n");
    return argc > 1 ? atoi(argv[1]) : 0;
}
