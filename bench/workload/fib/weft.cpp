// SPDX-License-Identifier: MIT
#include "fib/workload.hpp"
#include "run/program.hpp"
#include "run/weft_fork.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

std::uint64_t fib_of(std::uint64_t n) {
    if (n < 2) {
        return n;
    }
    const auto [a, b] = forked([n] { return fib_of(n - 1); }, [n] { return fib_of(n - 2); });
    return a + b;
}

void run(program& p) {
    const std::uint64_t n = p.size("n");
    note_how_forked(p);
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        p.require(fib_of(n / 2) == fib::right_answer(n / 2), "fib is wrong");
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = fib_of(n); });
        p.require(answer == fib::right_answer(n), "fib is wrong");
        p.figure("call", "ns", ns / fib::calls(n));
    });
}

const contender here("fib", run);

} // namespace
} // namespace weft::workload
