// SPDX-License-Identifier: MIT
// 02: a million tasks.
//
// A task that has not started is 128 bytes and owns no stack; one that ends hands its warm stack to the next. So a million
// short tasks need a million descriptors and only a few stacks. Compare: a million kernel threads do not fit into most machines.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>
#include <weft/weft.hpp>

namespace {

constexpr std::uint64_t count = 1'000'000;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A million handles, all joined.
std::uint64_t joined() {
    std::vector<weft::join_handle<std::uint64_t>> handles;
    handles.reserve(count);
    for (std::uint64_t i = 1; i <= count; ++i) {
        handles.push_back(weft::spawn([i] { return i; }));
    }
    std::uint64_t sum = 0;
    for (auto& h : handles) {
        sum += h.join();
    }
    return sum;
}

/// A tree: each task splits its range in two and gives one half away. Nobody makes all the tasks alone, so the workers do not
/// queue up behind one spawner.
std::uint64_t tree(std::uint64_t first, std::uint64_t last) {
    if (first == last) {
        return first;
    }
    const std::uint64_t middle = first + (last - first) / 2;
    auto left = weft::spawn([first, middle] { return tree(first, middle); });
    const std::uint64_t right = tree(middle + 1, last);
    return left.join() + right;
}

} // namespace

int main() {
    constexpr std::uint64_t right_sum = count * (count + 1) / 2;
    weft::runtime rt;

    auto start = std::chrono::steady_clock::now();
    std::uint64_t sum = rt.run(joined);
    std::printf("one spawner: %llu, %s, %.3f s\n", static_cast<unsigned long long>(sum), sum == right_sum ? "right" : "WRONG",
                seconds_since(start));

    start = std::chrono::steady_clock::now();
    sum = rt.run([] { return tree(1, count); });
    std::printf("a tree: %llu, %s, %.3f s\n", static_cast<unsigned long long>(sum), sum == right_sum ? "right" : "WRONG",
                seconds_since(start));
}
