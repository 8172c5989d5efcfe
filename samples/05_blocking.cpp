// SPDX-License-Identifier: MIT
// 05: calls that block the kernel thread.
//
// A task that waits through weft (join, sleep_for, yield) only suspends: its worker goes on with other tasks. A task that calls
// into the kernel and waits there, in read(2) or in somebody's mutex, takes its worker's kernel thread with it. weft::blocking(f)
// says so beforehand: the right to run tasks goes to a spare kernel thread while f is at it.
#include <cstdio>
#include <system_error>
#include <unistd.h>
#include <weft/weft.hpp>

int main() {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        throw std::system_error(errno, std::system_category(), "pipe");
    }
    weft::runtime rt({.workers = 1}); // one worker: without blocking() the reader below would stop everybody for ever

    const char byte = rt.run([&pipe_ends] {
        auto reader = weft::spawn([in = pipe_ends[0]] {
            char c = 0;
            // The reader waits for the writer, and the writer needs the only worker.
            const ssize_t got = weft::blocking([&] { return read(in, &c, 1); });
            return got == 1 ? c : '?';
        });
        auto writer = weft::spawn([out = pipe_ends[1]] {
            weft::yield(); // the reader goes first
            const char c = 'w';
            return write(out, &c, 1);
        });
        if (writer.join() != 1) {
            std::puts("the writer failed");
        }
        return reader.join();
    });
    std::printf("the reader got '%c'\n", byte);

    // The value of f comes back, and so does its exception. Outside of a task blocking(f) just calls f.
    try {
        rt.run([] {
            weft::blocking([] {
                if (close(-1) != 0) {
                    throw std::system_error(errno, std::system_category(), "close");
                }
            });
        });
    } catch (const std::system_error& e) {
        std::printf("caught: %s\n", e.what());
    }
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}
