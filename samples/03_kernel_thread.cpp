// SPDX-License-Identifier: MIT
// 03: a kernel thread, without tasks and without a runtime.
//
// weft::kernel_thread has std::thread's interface, but nothing of libpthread is behind it: weft asks the kernel itself, by
// clone(2), and then does for glibc what pthread_create would have done, so that malloc, printf, exceptions, thread_local and
// std::mutex work in it as anywhere (docs/glibc.md tells what that is).
#include <cstdio>
#include <mutex>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <vector>
#include <weft/kernel_thread.hpp>

namespace {

thread_local int mine = 0; // each kernel thread has its own

struct farewell {
    const char* who;
    ~farewell() { std::printf("%s: thread_local destructor ran\n", who); }
};

} // namespace

int main() {
    // As std::thread: a callable and its arguments, copied into the new thread.
    int result = 0;
    weft::kernel_thread adder([&result](int a, int b) { result = a + b; }, 2, 3);
    adder.join();
    std::printf("2 + 3 = %d\n", result);

    // Attributes that std::thread has no place for.
    weft::kernel_thread_attributes how;
    how.name = "listener"; // shown by ps, top and gdb
    how.stack_size = 256 * 1024;
    weft::kernel_thread named(how, [] {
        thread_local farewell bye{"listener"};
        (void)bye.who;
        mine = 7;
        char name[16] = {};
        if (std::FILE* comm = std::fopen(("/proc/self/task/" + std::to_string(syscall(SYS_gettid)) + "/comm").c_str(), "r")) {
            (void)std::fscanf(comm, "%15s", name);
            std::fclose(comm);
        }
        std::printf("the kernel calls me %s, and mine is %d\n", name, mine);
    });
    named.join(); // waits for the thread_local destructors too
    std::printf("main's own is still %d\n", mine);

    // They are ordinary kernel threads for everybody: std::mutex keeps them apart.
    std::mutex lock;
    long total = 0;
    std::vector<weft::kernel_thread> crew;
    for (int i = 0; i < 4; ++i) {
        crew.emplace_back([&] {
            for (int n = 0; n < 10000; ++n) {
                std::lock_guard hold(lock);
                ++total;
            }
        });
    }
    for (auto& t : crew) {
        t.join();
    }
    std::printf("4 threads counted to %ld\n", total);

    // What the kernel refuses comes as std::system_error with a reason.
    try {
        how.stack_size = 100;
        weft::kernel_thread impossible(how, [] {});
        impossible.join();
    } catch (const std::system_error& e) {
        std::printf("refused: %s\n", e.code() == std::errc::invalid_argument ? "a stack of 100 bytes" : e.what());
    }
}
