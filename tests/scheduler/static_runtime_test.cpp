// SPDX-License-Identifier: MIT
// A runtime that is a static object: made before main, used in main and by a static destructor, and ended after main with a task
// that still sleeps. The exit code tells: 0, and neither a hang nor a crash.
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <weft/weft.hpp>

namespace {

test::watchdog guard(30, "a static runtime ends after main");
int slept = 0;

struct last_words {
    ~last_words() {
        if (slept != 1) { // destroyed after the runtime: its end has waited for the detached task
            support::say("FAILED: the runtime's end did not wait for its task\n");
            _exit(support::failed);
        }
        support::say("held\n");
    }
} says;

weft::runtime rt({.workers = 2, .name = "static"});
const int early = rt.run([] { return 4; });

struct late_user {
    ~late_user() { REQUIRE(rt.run([] { return 5; }) == 5); }
} uses;

} // namespace

int main() {
    REQUIRE(early == 4);
    REQUIRE(weft::spawn([] { return 6; }).join() == 6);
    weft::spawn([] {
        weft::sleep_for(std::chrono::milliseconds(50));
        slept = 1;
    }).detach();
    return 0;
}
