// SPDX-License-Identifier: MIT
// 12: fork_join, for work that splits in two, and again, down to almost nothing.
//
// A fork is a few stores on the stack that one stands on. Only when another worker has nothing to do does a fork become a task, which that
// worker takes; the parent suspends until it is done, so nothing blocks, whatever the halves do. So there is no need to cut off
// small calls by hand: fib below forks in each of its calls.
#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

long fib(int n) {
    if (n < 2) {
        return n;
    }
    const auto [a, b] = weft::fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
    return a + b;
}

/// The results come in order, whoever computed them.
void different_results() {
    const auto [number, text, nothing] =
        weft::fork_join([] { return 6 * 7; }, [] { return std::string("seven"); }, [] { std::printf("a call without a result\n"); });
    static_cast<void>(nothing);
    std::printf("%d, %s\n", number, text.c_str());
}

/// All halves end before the first exception, from the left, comes out.
void one_fails() {
    try {
        weft::fork_join([] { throw std::runtime_error("the left half failed"); }, [] { std::printf("the right half ran\n"); });
    } catch (const std::runtime_error& e) {
        std::printf("%s\n", e.what());
    }
}

void loops() {
    std::vector<long> squares(1'000'000);
    weft::parallel_for(0, 1'000'000, [&](int i) { squares[static_cast<std::size_t>(i)] = static_cast<long>(i) * i; });
    const long sum = weft::parallel_reduce(
        squares.begin(), squares.end(), 0L, [](long square) { return square; }, [](long a, long b) { return a + b; });
    std::printf("sum of squares %s\n", sum == std::accumulate(squares.begin(), squares.end(), 0L) ? "right" : "wrong");
}

} // namespace

int main() {
    weft::runtime rt;
    std::printf("fib(30) = %ld\n", rt.run([] { return fib(30); }));
    rt.run(different_results);
    rt.run(one_fails);
    rt.run(loops);
}
