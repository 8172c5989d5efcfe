// SPDX-License-Identifier: MIT
// The thread pointer is changed by an instruction where the kernel allows it and by a system call elsewhere: each way is forced, and does the
// same. usage: own_tls_switch_test instruction|system_call [anyway]. Exit 77: the kernel does not say that it can be done that way.
#include "kernel/features.hpp"
#include "kernel/own_tls.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {
thread_local int number = 1;
thread_local std::string text = "fresh";
} // namespace

int main(int argc, char** argv) {
    test::watchdog guard(60, "threads with their own TLS");
    REQUIRE(argc == 2 || argc == 3);
    const bool by_instruction = std::strcmp(argv[1], "instruction") == 0;
    if (by_instruction && argc == 2 && !weft::kernel::has_user_fsbase()) {
        std::printf("skipped: user code may not write the fs base on this machine (AT_HWCAP2, FSGSBASE)\n");
        return 77;
    }
    weft::kernel::choose_tls_switch(by_instruction ? weft::kernel::tls_switch::instruction : weft::kernel::tls_switch::system_call);
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime_options o;
        o.workers = workers;
        weft::runtime rt(o);
        rt.run([] {
            std::atomic<int> wrong{0};
            std::vector<weft::thread> all;
            for (int i = 0; i < 40; ++i) {
                all.emplace_back([&, i] {
                    wrong += number != 1 || text != "fresh";
                    for (int round = 0; round < 100; ++round) {
                        number = i;
                        errno = i + 1;
                        text = std::to_string(i);
                        weft::yield();
                        wrong += number != i || errno != i + 1 || text != std::to_string(i);
                    }
                });
            }
            for (auto& t : all) {
                t.join();
            }
            REQUIRE(wrong == 0);
        });
    }
    REQUIRE(number == 1);
    return 0;
}
