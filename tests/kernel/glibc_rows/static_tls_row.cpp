// SPDX-License-Identifier: MIT
// Row: the static TLS image and the dtv. Without them there is no thread_local and no errno.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cerrno>
#include <dlfcn.h>
#include <string>

static thread_local int number = 42;
static thread_local int zero;
static thread_local std::string text = "made on first use";
alignas(64) static thread_local char aligned[64] = "aligned";

static void row() {
    number = 7; // main's own
    errno = 5;
    for (int round = 0; round < 3; ++round) { // from the second on the memory block is a used one
        support::on_raw_threads(4, [](int index) {
            REQUIRE(number == 42 && zero == 0);
            REQUIRE(text == "made on first use");
            REQUIRE(reinterpret_cast<std::uintptr_t>(aligned) % 64 == 0 && std::strcmp(aligned, "aligned") == 0);
            number = zero = index + 100;
            text += '!';
            aligned[0] = 'A';
            errno = 0;
            REQUIRE(close(-1) == -1 && errno == EBADF);
            REQUIRE(number == index + 100);
        });
    }
    REQUIRE(number == 7 && errno == 5);
    // A module that comes later: its block is made on first use, through the dtv.
    void* module = dlopen(WEFT_TLS_DYNAMIC_MODULE, RTLD_NOW);
    REQUIRE(module);
    const auto address = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
    REQUIRE(address);
    support::on_raw_threads(4, [&](int index) {
        REQUIRE(*address() == 4711);
        *address() = index;
        REQUIRE(*address() == index);
    });
    REQUIRE(*address() == 4711);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::static_tls, row);
}
