// SPDX-License-Identifier: MIT
#include "fib/workload.hpp"
#include "run/boost_fiber.hpp"
#include "run/program.hpp"

namespace weft::workload {
namespace {

std::uint64_t forked(std::uint64_t n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a = 0;
    boost::fibers::fiber child([&a, n] { a = forked(n - 1); });
    const std::uint64_t b = forked(n - 2);
    child.join();
    return a + b;
}

void run(program& p) {
    const std::uint64_t n = p.size_at_most("n", 20, "a stack for each fork, all at once");
    on_fibers(p.workers(), [&] {
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = forked(n); });
        p.require(answer == fib::right_answer(n), "fib is wrong");
        p.figure("call", "ns", ns / fib::calls(n));
    });
}

const contender here("fib", run);

} // namespace
} // namespace weft::workload
