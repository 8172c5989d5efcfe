// SPDX-License-Identifier: MIT
#include "nqueens/workload.hpp"
#include "run/program.hpp"
#include "run/weft_fork.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

std::uint64_t solutions(nqueens::row r);

/// The solutions with a queen in one of these places: the first of them forked beside the rest.
std::uint64_t in_places(nqueens::row r, std::uint32_t places) {
    const std::uint32_t queen = places & -places;
    const std::uint32_t rest = places & ~queen;
    if (!rest) {
        return solutions(r.with(queen));
    }
    const auto [here, there] = forked([=] { return solutions(r.with(queen)); }, [=] { return in_places(r, rest); });
    return here + there;
}

std::uint64_t solutions(nqueens::row r) {
    return r.full() ? 1 : r.free() ? in_places(r, r.free()) : 0;
}

void run(program& p) {
    const std::uint64_t n = p.size("n");
    note_how_forked(p);
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = solutions(nqueens::first_row(n)); });
        p.require(answer == nqueens::right_answer(n), "the number of solutions is wrong");
        p.figure("whole", "ms", ns / 1e6);
    });
}

const contender here("nqueens", run);

} // namespace
} // namespace weft::workload
