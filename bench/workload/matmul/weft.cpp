// SPDX-License-Identifier: MIT
#include "matmul/workload.hpp"
#include "run/program.hpp"
#include "run/weft_fork.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

/// The tiles from first to last, a fork for each halving.
int tiles(matmul::matrices& m, std::size_t first, std::size_t last) {
    if (last - first == 1) {
        m.work(first / m.tiles(), first % m.tiles());
        return 1;
    }
    const std::size_t middle = first + (last - first) / 2;
    const auto [a, b] = forked([&m, first, middle] { return tiles(m, first, middle); }, [&m, middle, last] { return tiles(m, middle, last); });
    return a + b;
}

void run(program& p) {
    matmul::matrices m(p.size("n"));
    note_how_forked(p);
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        const double ns = timed([&] {
            (void)tiles(m, 0, m.tiles() * m.tiles());
        });
        p.require(m.right(), "the product is wrong");
        p.figure("whole", "ms", ns / 1e6);
    });
}

const contender here("matmul", run);

} // namespace
} // namespace weft::workload
