// SPDX-License-Identifier: MIT
// Processes spawned and awaited by tasks, with 1, 2 and 8 workers, while other tasks and threads allocate, print and come and go.
#include "process_support.hpp"
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <vector>
#include <weft/weft.hpp>

using namespace support;
using namespace std::chrono_literals;
using weft::process;
using weft::process_options;
using weft::redirection;

namespace {

template <class F>
void with_workers(F f) {
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        rt.run([&] { f(); });
        REQUIRE(eventually(no_children));
    }
}

void waiting_gives_the_worker_up() {
    with_workers([] {
        process p({"cat"}, [] {
            process_options how;
            how.input = redirection::pipe();
            return how;
        }());
        std::atomic<bool> waiting{true};
        auto closer = weft::spawn([&] {
            weft::yield();
            p.input.close(); // with one worker: only because the waiter does not hold it
        });
        REQUIRE(p.wait().success());
        waiting = false;
        closer.join();
    });
}

void timed_waits() {
    with_workers([] {
        process p({"sleep", "1000"});
        const auto before = std::chrono::steady_clock::now();
        REQUIRE(!p.wait_for(25ms));
        REQUIRE(std::chrono::steady_clock::now() - before >= 25ms);
        REQUIRE(!p.try_wait());
        auto killer = weft::spawn([&] {
            weft::sleep_for(5ms);
            REQUIRE(p.kill());
        });
        const auto end = p.wait_for(20s);
        REQUIRE(end && end->signal() == SIGKILL);
        killer.join();
    });
}

void pipelines() {
    with_workers([] {
        process_options how;
        how.input = how.output = redirection::pipe();
        process p({"tr", "a-z", "A-Z"}, how);
        const std::string text(400'000, 'q');
        auto writer = weft::spawn([&] {
            p.input.write_all(text);
            p.input.close();
        });
        const std::string back = p.output.read_all();
        writer.join();
        REQUIRE(back == std::string(400'000, 'Q'));
        REQUIRE(p.wait().success());
    });
}

/// Spawns of every kind by many tasks, while others churn. The functions keep to what is safe after a fork.
void churn() {
    with_workers([] {
        std::atomic<bool> stop{false};
        std::vector<weft::join_handle<void>> noise;
        for (int n = 0; n < 3; ++n) {
            noise.push_back(weft::spawn([&, n] {
                std::uint64_t random = static_cast<std::uint64_t>(n) + 1;
                while (!stop) {
                    random = random * 6364136223846793005u + 1442695040888963407u;
                    void* memory = std::malloc(1 + (random >> 40) % 5000);
                    weft::yield();
                    std::free(memory);
                    if ((random >> 33) % 64 == 0) {
                        weft::blocking([] { usleep(100); });
                    }
                    if ((random >> 33) % 64 == 1) {
                        weft::kernel_thread([] {}).detach();
                    }
                }
            }));
        }
        std::atomic<int> ended{0};
        std::vector<weft::join_handle<void>> spawners;
        for (int n = 0; n < 6; ++n) {
            spawners.push_back(weft::spawn([&, n] {
                for (int i = 0; i < 12; ++i) {
                    switch ((i + n) % 4) {
                    case 0:
                        REQUIRE(shell("exit " + std::to_string(i)).wait().code() == i);
                        break;
                    case 1: {
                        process p([i] { return i; });
                        REQUIRE(p.wait().code() == i);
                        break;
                    }
                    case 2:
                        try {
                            process p({"/nowhere/at/all"});
                            REQUIRE(false);
                        } catch (const std::system_error& e) {
                            REQUIRE(e.code().value() == ENOENT);
                        }
                        break;
                    case 3: {
                        process p({"true"});
                        p.detach();
                        break;
                    }
                    }
                    ++ended;
                }
            }));
        }
        for (auto& s : spawners) {
            s.join();
        }
        stop = true;
        for (auto& n : noise) {
            n.join();
        }
        REQUIRE(ended == 72);
    });
}

/// In the child of a worker there is no worker: weft's waits block the thread instead of switching to a task that is not there.
void the_child_of_a_worker_is_no_task() {
    with_workers([] {
        process p([] {
            weft::yield();
            weft::sleep_for(1ms);
            return weft::this_task::worker() == -1 && weft::this_task::id() == 0 ? 0 : 1;
        });
        REQUIRE(p.wait().success());
    });
}

void runtimes_end_with_detached_children() {
    for (int i = 0; i < 20; ++i) {
        weft::runtime rt({.workers = 2});
        rt.run([] { process({"true"}).detach(); });
    }
    REQUIRE(eventually(no_children));
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"a task that waits gives its worker up", waiting_gives_the_worker_up},
                      {"timed waits", timed_waits},
                      {"both ends of a pipeline in one program", pipelines},
                      {"spawns while everybody churns", churn},
                      {"the child of a worker is no task", the_child_of_a_worker_is_no_task},
                      {"runtimes end while detached children run", runtimes_end_with_detached_children}},
                     200);
}
