// SPDX-License-Identifier: MIT
#include "nqueens/workload.hpp"
#include "run/onetbb.hpp"
#include "run/program.hpp"

namespace weft::workload {
namespace {

std::uint64_t solutions(nqueens::row r) {
    if (r.full()) {
        return 1;
    }
    std::uint64_t found[32]{};
    oneapi::tbb::task_group children;
    unsigned place = 0;
    for (std::uint32_t free = r.free(); free; free &= free - 1) {
        children.run([&found, r, queen = free & -free, place] { found[place] = solutions(r.with(queen)); });
        ++place;
    }
    children.wait();
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < place; ++i) {
        sum += found[i];
    }
    return sum;
}

void run(program& p) {
    const std::uint64_t n = p.size("n");
    in_arena(p.workers(), [&] {
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = solutions(nqueens::first_row(n)); });
        p.require(answer == nqueens::right_answer(n), "the number of solutions is wrong");
        p.figure("whole", "ms", ns / 1e6);
    });
}

const contender here("nqueens", run);

} // namespace
} // namespace weft::workload
