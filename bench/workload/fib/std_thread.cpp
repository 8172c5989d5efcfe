// SPDX-License-Identifier: MIT
// std::async with a thread for each fork: as many threads at once as fib has calls, hence a small n.
#include "fib/workload.hpp"
#include "run/program.hpp"
#include <future>

namespace weft::workload {
namespace {

std::uint64_t forked(std::uint64_t n) {
    if (n < 2) {
        return n;
    }
    auto a = std::async(std::launch::async, forked, n - 1);
    const std::uint64_t b = forked(n - 2);
    return a.get() + b;
}

void run(program& p) {
    keep_to_cpus(p.workers());
    const std::uint64_t n = p.size_at_most("n", 14, "a kernel thread for each fork");
    std::uint64_t answer = 0;
    const double ns = timed([&] { answer = forked(n); });
    p.require(answer == fib::right_answer(n), "fib is wrong");
    p.figure("call", "ns", ns / fib::calls(n));
}

const contender here("fib", run);

} // namespace
} // namespace weft::workload
