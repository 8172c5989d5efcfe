// SPDX-License-Identifier: MIT
// 09: other processes.
//
// weft::process runs a program, or a function in a copy of this process. The child is held by a pidfd, so a task that waits for it only
// suspends, and a signal can never meet a stranger. docs/process.md tells how it is made.
#include <chrono>
#include <cstdio>
#include <string>
#include <sys/utsname.h>
#include <system_error>
#include <unistd.h>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

/// Text through a program and back. With one worker this works because both tasks suspend while they wait for their pipe.
std::string filter(std::vector<std::string> program, const std::string& text) {
    weft::process_options how;
    how.input = weft::redirection::pipe();
    how.output = weft::redirection::pipe();
    weft::process p(program, how);
    auto writer = weft::spawn([&] {
        p.input.write_all(text);
        p.input.close(); // the program sees the end of its input
    });
    std::string back = p.output.read_all();
    writer.join();
    p.wait();
    return back;
}

} // namespace

int main() {
    // A program, and how it ended.
    weft::process_options quiet;
    quiet.error = weft::redirection::null();
    weft::process missing_file({"cat", "/nowhere"}, quiet);
    std::printf("cat %s\n", missing_file.wait().describe().c_str());

    // What hinders the start is known at once: no child is left.
    try {
        weft::process p({"no-such-program"});
        p.wait();
    } catch (const std::system_error& e) {
        std::printf("refused: %s\n", e.code().message().c_str());
    }

    weft::runtime rt({.workers = 1});
    rt.run([] {
        std::printf("tr says %s", filter({"tr", "a-z", "A-Z"}, "hello from a task\n").c_str());

        // A limit on the wait, and a signal through the pidfd.
        weft::process slow({"sleep", "1000"});
        if (!slow.wait_for(20ms)) {
            slow.terminate();
        }
        std::printf("sleep %s\n", slow.wait().describe().c_str());
    });

    // A function in a copy of this process: what it changes, it changes there.
    int number = 1;
    weft::process copy([&number] {
        number = 41;
        return number + 1;
    });
    std::printf("the copy returned %d, ours is still %d\n", copy.wait().code(), number);

    // Directory, environment, a new process group: process_options has what a child can be given.
    weft::process_options how;
    how.directory = "/";
    how.environment = {{"GREETING=good morning"}};
    how.process_group = 0;
    how.output = weft::redirection::pipe();
    weft::process shell({"/bin/sh", "-c", "echo $GREETING from $PWD"}, how);
    std::printf("%s", shell.output.read_all().c_str());
    shell.wait();

    // Work in other namespaces, on a kernel thread that ends with it. It takes a privilege, so it may be refused.
    try {
        const std::string name = weft::run_in(weft::namespaces::uts, [] {
            utsname u{};
            return sethostname("elsewhere", 9) == 0 && uname(&u) == 0 ? std::string(u.nodename) : std::string("?");
        });
        std::printf("inside, the host is called %s\n", name.c_str());
    } catch (const std::system_error&) {
        std::printf("inside, the host is called privileged\n"); // for those who may not
    }
}
