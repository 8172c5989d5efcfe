// SPDX-License-Identifier: MIT
// 06: sleeping tasks.
//
// sleep_for suspends the task, never the worker: ten thousand tasks sleep on one kernel thread, and while nothing is due the whole
// runtime uses no CPU. Here they sort numbers by sleeping: each waits as long as its number says and then appends it.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

void sleep_sort(weft::runtime& rt) {
    std::vector<int> sorted; // one worker: tasks take turns, so they may share it without a lock
    rt.run([&sorted] {
        std::vector<weft::join_handle<void>> sleepers;
        for (int n : {5, 1, 4, 2, 3}) {
            sleepers.push_back(weft::spawn([n, &sorted] {
                weft::sleep_for(n * 50ms);
                sorted.push_back(n);
            }));
        }
        for (auto& s : sleepers) {
            s.join();
        }
    });
    for (int n : sorted) {
        std::printf("%d ", n);
    }
    std::printf("\n");
}

void many(weft::runtime& rt) {
    constexpr int count = 10'000;
    const auto start = std::chrono::steady_clock::now();
    std::atomic<int> early = 0;
    rt.run([&early] {
        std::vector<weft::join_handle<void>> sleepers;
        for (int i = 0; i < count; ++i) {
            sleepers.push_back(weft::spawn([&early] {
                const auto deadline = std::chrono::steady_clock::now() + 300ms;
                weft::sleep_until(deadline);
                if (std::chrono::steady_clock::now() < deadline) {
                    ++early;
                }
            }));
        }
        for (auto& s : sleepers) {
            s.join();
        }
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%d tasks slept 0.3 s each, %d woke early, %.2f s in all\n", count, early.load(), took.count());
}

} // namespace

int main() {
    weft::runtime rt({.workers = 1});
    sleep_sort(rt);
    many(rt);
}
