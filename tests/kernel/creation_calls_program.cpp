// SPDX-License-Identifier: MIT
// Makes and joins 200 threads between two marks on descriptor 2, for creation_calls.sh, which counts the system calls between them.
#include "support/program.hpp"
#include <cstring>
#include <weft/kernel_thread.hpp>

int main() {
    support::time_limit(60);
    weft::kernel_thread_attributes how;
    how.stack_size = 128 * 1024;
    for (int i = 0; i < 5; ++i) {
        weft::kernel_thread(how, [] {}).join(); // the block is in the cache from here on
    }
    support::say("-- begin\n");
    for (int i = 0; i < 200; ++i) {
        weft::kernel_thread(how, [] {}).join();
    }
    support::say("-- end\n");
}
