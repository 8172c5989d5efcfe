// SPDX-License-Identifier: MIT
// Row: the link on glibc's list of stacks. dlopen of a module with initial-exec TLS initialises the variable in every thread on
// that list; in a thread that is not there it reads 0. Fork in a worker takes the forker off that list.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>

static void row() {
    std::atomic<int* (*)()> address{nullptr};
    std::atomic<int> ready{0};
    std::atomic<pthread_t> self{};
    std::atomic<bool> leave{false};
    support::raw_thread waiting([&] { // runs before the module is loaded
        self = pthread_self();
        ++ready;
        REQUIRE(support::eventually([&] { return address != nullptr; }));
        REQUIRE(*address.load()() == 815);
        *address.load()() = 1;
        ++ready;
        REQUIRE(support::eventually([&] { return leave.load(); }));
    });
    REQUIRE(support::eventually([&] { return ready == 1; }));
    REQUIRE(pthread_kill(self, 0) == 0);
    void* module = dlopen(WEFT_TLS_INITIAL_EXEC_MODULE, RTLD_NOW);
    if (!module) {
        support::say("%s\n", dlerror());
    }
    REQUIRE(module);
    const auto found = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
    REQUIRE(found && *found() == 815);
    address = found;
    REQUIRE(support::eventually([&] { return ready == 2; }));
    support::on_raw_threads(2, [&](int) { REQUIRE(*found() == 815); }); // made after it
    support::raw_thread([] {
        const pid_t child = fork();
        REQUIRE(child != -1);
        if (child == 0) {
            _exit(0);
        }
        int status = -1;
        REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    });
    leave = true;
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::stack_list, row);
}
