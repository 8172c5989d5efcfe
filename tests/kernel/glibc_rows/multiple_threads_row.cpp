// SPDX-License-Identifier: MIT
// Row: header.multiple_threads in the TCB.
// NO DIFFERENCE ON GLIBC 2.36: only glibc <= 2.35 reads the field (its SINGLE_THREAD_P, in cancellation points and lock
// optimisation). So the effect is read directly: the int at fs:0x18 (x86-64), the first int of the descriptor (aarch64).
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <pthread.h>

static int multiple_threads() {
    const auto* descriptor = reinterpret_cast<const char*>(pthread_self());
#if defined(__x86_64__)
    descriptor += 0x18;
#endif
    int value = 0;
    std::memcpy(&value, descriptor, sizeof value);
    return value;
}

static void row() {
    support::on_raw_threads(1, [](int) { REQUIRE(multiple_threads() == 1); });
    REQUIRE(multiple_threads() == 1); // the creator's, too
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::multiple_threads, row);
}
