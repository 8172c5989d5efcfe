// SPDX-License-Identifier: MIT
// Waiting for descriptors: by tasks through the driver, by kernel threads in ppoll. Each case runs with 1, 2 and 8 workers.
// Seen to fail: when the wait is made on the descriptor itself instead of a duplicate, "a descriptor closed and used again" and "many wait for one".
#include "io/driver.hpp"
#include "support/census.hpp"
#include "support/program.hpp"
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <string>
#include <system_error>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

using namespace support;
using namespace std::chrono_literals;

namespace {

struct pipe_pair {
    weft::file_descriptor read;
    weft::file_descriptor write;
    pipe_pair() {
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        read = weft::file_descriptor(ends[0]);
        write = weft::file_descriptor(ends[1]);
    }
    void put(char c) const { REQUIRE(::write(write.get(), &c, 1) == 1); }
    char take() const {
        char c = 0;
        REQUIRE(::read(read.get(), &c, 1) == 1);
        return c;
    }
};

template <class F>
void with_workers(F f) {
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        rt.run([&] { f(); });
    }
}

void the_worker_goes_on() {
    with_workers([] {
        pipe_pair p;
        auto reader = weft::spawn([&] {
            weft::await_readable(p.read.get());
            return p.take();
        });
        auto writer = weft::spawn([&] {
            weft::yield();
            p.put('w'); // with one worker: only if the reader gave it up
        });
        writer.join();
        REQUIRE(reader.join() == 'w');
    });
}

void deadlines() {
    const auto check = [] {
        pipe_pair p;
        const auto before = std::chrono::steady_clock::now();
        REQUIRE(!weft::await_readable_for(p.read.get(), 30ms));
        REQUIRE(std::chrono::steady_clock::now() - before >= 30ms);
        REQUIRE(!weft::await_readable_until(p.read.get(), std::chrono::system_clock::now() + 10ms));
        REQUIRE(!weft::await_readable_for(p.read.get(), 0ms));
        REQUIRE(!weft::await_readable_for(p.read.get(), -5s));
        REQUIRE(weft::await_writable_for(p.write.get(), 0ms));
        p.put('x');
        REQUIRE(weft::await_readable_for(p.read.get(), 0ms));
        REQUIRE(weft::await_readable_for(p.read.get(), -5s)); // ready wins
        REQUIRE(weft::await_readable_for(p.read.get(), std::chrono::hours(24 * 365 * 1000)));
        p.take();
        p.write.close();
        weft::await_readable(p.read.get()); // the end of the file is something to read
        // A shorter deadline after a longer one.
        pipe_pair q;
        weft::kernel_thread other([&] { REQUIRE(!weft::await_readable_for(q.read.get(), 80ms)); });
        REQUIRE(!weft::await_readable_for(q.read.get(), 20ms));
        weft::blocking([&] { other.join(); });
    };
    check(); // a kernel thread
    with_workers(check);
}

void many_waiters_on_one() {
    with_workers([] {
        pipe_pair p;
        std::vector<weft::join_handle<void>> readers;
        for (int i = 0; i < 20; ++i) {
            readers.push_back(weft::spawn([&] { weft::await_readable(p.read.get()); }));
        }
        auto late = weft::spawn([&] { REQUIRE(!weft::await_writable_for(p.read.get(), 20ms)); }); // a read end is never writable
        weft::sleep_for(5ms);
        p.put('!');
        for (auto& r : readers) {
            r.join();
        }
        late.join();
    });
}

/// How many descriptors of this process name the same file. By their links: a look at the descriptor itself would be a use of it, which
/// races with its owner's close.
int names_of(int descriptor) {
    const auto file_of = [](int number) {
        char file[64] = {};
        const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(number)).c_str(), file, sizeof file);
        return std::string(file, size > 0 ? static_cast<std::size_t>(size) : 0);
    };
    const std::string wanted = file_of(descriptor);
    REQUIRE(wanted.starts_with("pipe:["));
    int names = 0;
    for (int other = 0; other < 256; ++other) {
        names += file_of(other) == wanted;
    }
    return names;
}

void a_closed_descriptor() {
    with_workers([] {
        pipe_pair p;
        auto waiting = weft::spawn([number = p.read.get()] { return weft::await_readable_for(number, 20s); });
        while (names_of(p.read.get()) != 3) { // the two ends, and the duplicate of the one who waits
            weft::yield();
        }
        const int number = p.read.release();
        close(number); // by somebody who does not know of the wait; and the number names another file at once
        const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
        REQUIRE(dup3(other, number, O_CLOEXEC) == number || other == number);
        p.put('x'); // the wait holds the old file, so this is no SIGPIPE
        REQUIRE(waiting.join());
        close(number);
        if (other != number) {
            close(other);
        }
    });
}

void bad_descriptors() {
    const auto check = [] {
        for (int bad : {-1, 4711}) {
            try {
                weft::await_readable(bad);
                REQUIRE(false);
            } catch (const std::system_error& e) {
                REQUIRE(e.code() == std::errc::bad_file_descriptor && std::strstr(e.what(), "not open"));
            }
        }
        weft::file_descriptor file(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
        weft::await_readable(file.get());
        REQUIRE(file.read_all().find("Name:") == 0);
        pipe_pair p;
        p.read.close();
        try {
            p.write.write_all("nobody reads this");
            REQUIRE(false);
        } catch (const std::system_error& e) {
            REQUIRE(e.code() == std::errc::broken_pipe);
        }
    };
    check();
    with_workers(check);
}

void a_pipe_full_and_empty() {
    with_workers([] {
        pipe_pair p;
        const std::string text(1'000'000, 'z');
        auto reader = weft::spawn([&] { return p.read.read_all(); });
        p.write.write_all(text);
        p.write.close();
        REQUIRE(reader.join() == text);
    });
}

/// An eventfd whose counter is set at the very time of the deadline: the wait must end once, one way or the other, and say which.
void deadline_and_readiness_at_once() {
    with_workers([] {
        std::atomic<int> ready{0}, late{0};
        std::vector<weft::join_handle<void>> pairs;
        for (int n = 0; n < 8; ++n) {
            pairs.push_back(weft::spawn([&, n] {
                for (int i = 0; i < 50; ++i) {
                    weft::file_descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
                    const auto when = std::chrono::steady_clock::now() + std::chrono::microseconds(200 + 37 * ((i + n) % 8));
                    auto setter = weft::spawn([&] {
                        weft::sleep_until(when - std::chrono::microseconds(20));
                        const std::uint64_t one = 1;
                        REQUIRE(write(event.get(), &one, sizeof one) == sizeof one);
                    });
                    if (weft::await_readable_until(event.get(), when)) {
                        std::uint64_t got = 0;
                        REQUIRE(read(event.get(), &got, sizeof got) == sizeof got); // it said ready, so it is
                        ++ready;
                    } else {
                        REQUIRE(std::chrono::steady_clock::now() >= when);
                        ++late;
                    }
                    setter.join();
                }
            }));
        }
        for (auto& p : pairs) {
            p.join();
        }
        REQUIRE(ready + late == 400);
        say("  ready %d, timed out %d\n", ready.load(), late.load());
    });
}

void idle_costs_nothing() {
    weft::runtime rt({.workers = 2});
    rt.run([] {
        std::vector<pipe_pair> pipes(50);
        std::vector<weft::join_handle<void>> readers;
        for (auto& p : pipes) {
            readers.push_back(weft::spawn([&] {
                weft::await_readable(p.read.get());
                p.take();
            }));
        }
        weft::sleep_for(100ms);
        const long before = cpu_ns();
        weft::blocking([] { sleep_ms(1000); });
        const double used = static_cast<double>(cpu_ns() - before) / 1e9;
        for (auto& p : pipes) {
            p.put('x');
        }
        for (auto& r : readers) {
            r.join();
        }
        REQUIRE(used < 0.005 || test::sanitized);
    });
}

void runtimes_come_and_go() {
    for (int i = 0; i < 60; ++i) {
        pipe_pair p;
        weft::runtime rt({.workers = 1u + static_cast<unsigned>(i) % 3});
        auto waiting = rt.spawn([&] {
            weft::await_readable(p.read.get());
            return p.take();
        });
        rt.spawn([&] { REQUIRE(!weft::await_readable_for(p.read.get(), std::chrono::microseconds(50 * (i % 10))) || true); }).detach();
        if (i % 4 == 0) {
            sleep_ms(60); // the driver may have ended meanwhile if nobody waited
        }
        p.put('q');
        REQUIRE(waiting.join() == 'q');
    }
}

void the_driver_ends_and_starts_again() {
    weft::runtime rt({.workers = 1});
    for (int i = 0; i < 4; ++i) {
        const int threads = count_threads();
        rt.run([] {
            pipe_pair p;
            REQUIRE(!weft::await_readable_for(p.read.get(), 1ms));
        });
        if (i == 0) {
            REQUIRE(count_threads() == threads + 1);
        }
        if (i % 2 == 0) {
            REQUIRE(eventually([&] { return count_threads() == (i == 0 ? threads : threads - 1) || count_threads() < threads; }));
        }
    }
}

/// epoll refuses to watch a file that cannot be polled: the wait is told, and the driver's account is right afterwards.
void a_refused_wait_is_told() {
    weft::io::driver& driver = weft::io::the_driver();
    weft::io::waiter w;
    w.deadline = ~std::uint64_t{0};
    w.events = EPOLLIN;
    w.descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    REQUIRE(driver.enter() == 0);
    REQUIRE(!driver.wait(w));
    REQUIRE(w.error == EPERM);
} // run_cases sees the driver's thread end

void stress() {
    const double seconds = stress_seconds(10) / 3;
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        const unsigned long seed = seed_of(0, nullptr);
        std::atomic<long> waits{0};
        rt.run([&] {
            const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
            std::vector<weft::join_handle<void>> players;
            for (unsigned n = 0; n < 24; ++n) {
                players.push_back(weft::spawn([&, n] {
                    std::uint64_t random = seed + n;
                    const auto dice = [&random](unsigned sides) {
                        random = random * 6364136223846793005u + 1442695040888963407u;
                        return static_cast<unsigned>(random >> 33) % sides;
                    };
                    while (std::chrono::steady_clock::now() < end) {
                        pipe_pair there, back;
                        const unsigned rounds = 1 + dice(20);
                        auto echo = weft::spawn([&] {
                            for (unsigned i = 0; i < rounds; ++i) {
                                weft::await_readable(there.read.get());
                                back.put(there.take());
                            }
                        });
                        for (unsigned i = 0; i < rounds; ++i) {
                            there.put('a');
                            while (!weft::await_readable_for(back.read.get(), std::chrono::microseconds(dice(400)))) {
                                if (dice(8) == 0) {
                                    weft::yield();
                                }
                                ++waits;
                            }
                            REQUIRE(back.take() == 'a');
                            ++waits;
                        }
                        echo.join();
                    }
                }));
            }
            for (auto& p : players) {
                p.join();
            }
        });
        say("  %u workers: %ld waits\n", workers, waits.load());
    }
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"a waiting task gives its worker up", the_worker_goes_on},
                      {"deadlines", deadlines},
                      {"many wait for one descriptor", many_waiters_on_one},
                      {"a descriptor closed and used again while one waits", a_closed_descriptor},
                      {"bad descriptors are refused with a sentence", bad_descriptors},
                      {"a pipe full and empty", a_pipe_full_and_empty},
                      {"deadline and readiness at once", deadline_and_readiness_at_once},
                      {"an idle driver costs nothing", idle_costs_nothing},
                      {"runtimes come and go", runtimes_come_and_go},
                      {"the driver ends when nobody waits, and starts again", the_driver_ends_and_starts_again},
                      {"a refused wait is told", a_refused_wait_is_told},
                      {"stress", stress}});
}
