// SPDX-License-Identifier: MIT
// Row: the stack's bounds. Garbage collectors and interpreters ask pthread_getattr_np(pthread_self()); without the fields it
// answers with main's stack.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cstdint>
#include <pthread.h>

static void row() {
    for (const std::size_t size : {std::size_t{64} * 1024, std::size_t{1024} * 1024, std::size_t{64} * 1024}) {
        weft::kernel::thread_options how;
        how.stack_size = size;
        support::raw_thread([size] {
            const char local = 0;
            pthread_attr_t attributes;
            REQUIRE(pthread_getattr_np(pthread_self(), &attributes) == 0);
            void* lowest = nullptr;
            std::size_t told = 0;
            REQUIRE(pthread_attr_getstack(&attributes, &lowest, &told) == 0);
            pthread_attr_destroy(&attributes);
            const auto here = reinterpret_cast<std::uintptr_t>(&local);
            const auto low = reinterpret_cast<std::uintptr_t>(lowest);
            REQUIRE(here > low && here < low + told);
            REQUIRE(told >= size && told < size + 256 * 1024); // the TLS block may be counted in, as glibc does
            // The lowest page can be written: what is told is the thread's, guard excluded.
            *reinterpret_cast<volatile char*>(low + 64) = 1;
            REQUIRE(here - low <= size + 4096);
        }, how);
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::stack_bounds, row);
}
