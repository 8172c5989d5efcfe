// SPDX-License-Identifier: MIT
// Row: rseq. glibc's sched_getcpu() reads the CPU from the thread's rseq area; an area that nobody registered says 0 for ever.
// On a glibc that was told not to use rseq (GLIBC_TUNABLES=glibc.pthread.rseq=0) the area says -2 and the system call answers.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <sched.h>
#include <sys/syscall.h>

static void row() {
    cpu_set_t allowed;
    REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    unsigned last = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        last = CPU_ISSET(cpu, &allowed) ? cpu : last;
    }
    if (last == 0) {
        support::skip("only CPU 0 may be used here, and 0 is also the wrong answer");
    }
    for (int round = 0; round < 4; ++round) {
        const unsigned cpus[] = {round % 2 ? 0 : last};
        if (!CPU_ISSET(cpus[0], &allowed)) {
            continue;
        }
        weft::kernel::thread_options how;
        how.cpus = cpus;
        support::raw_thread([&] {
            unsigned kernels_answer = ~0u;
            REQUIRE(syscall(SYS_getcpu, &kernels_answer, nullptr, nullptr) == 0);
            REQUIRE(kernels_answer == cpus[0]);
            REQUIRE(sched_getcpu() == static_cast<int>(cpus[0]));
        }, how);
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::rseq, row);
}
