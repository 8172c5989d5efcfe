// SPDX-License-Identifier: MIT
// 01: tasks, and what comes back from them.
//
// A weft::runtime is a handful of kernel threads ("workers") that weft makes by clone(2). A task is a function with a
// stack of its own that runs on whichever worker is free: about as cheap as a call to new, so make one wherever two things can
// happen at once. join() waits for it and brings back its value.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    weft::runtime rt; // as many workers as this process may use CPUs

    // run() starts a first task and waits for it here, in main, which is no task. (main's kernel thread blocks; a task that
    // waits only suspends, and its worker runs others meanwhile.)
    const std::string greeting = rt.run([] {
        auto who = weft::spawn([] { return std::string("world"); });
        auto what = weft::spawn([] { return std::string("hello"); });
        // Both may be running now, or neither: that is the scheduler's business. join() is where we need to know.
        return what.join() + ", " + who.join();
    });
    std::printf("%s\n", greeting.c_str());

    // Any thread may spawn, main too. A handle must be joined or detached before it dies, as a std::thread must.
    auto sum = rt.spawn([] {
        int s = 0;
        for (int i = 1; i <= 10; ++i) {
            s += i;
        }
        return s;
    });
    std::printf("1 + ... + 10 = %d\n", sum.join());
} // ~runtime waits for every task that is left, then ends the workers
