// SPDX-License-Identifier: MIT
#include "fib/workload.hpp"
#include "run/onetbb.hpp"
#include "run/program.hpp"

namespace weft::workload {
namespace {

std::uint64_t forked(std::uint64_t n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    oneapi::tbb::task_group both;
    both.run([&a, n] { a = forked(n - 1); });
    both.run_and_wait([&b, n] { b = forked(n - 2); });
    return a + b;
}

void run(program& p) {
    const std::uint64_t n = p.size("n");
    in_arena(p.workers(), [&] {
        p.require(forked(n / 2) == fib::right_answer(n / 2), "fib is wrong");
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = forked(n); });
        p.require(answer == fib::right_answer(n), "fib is wrong");
        p.figure("call", "ns", ns / fib::calls(n));
    });
}

const contender here("fib", run);

} // namespace
} // namespace weft::workload
