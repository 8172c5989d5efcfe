// SPDX-License-Identifier: MIT
#include "matmul/workload.hpp"
#include "run/onetbb.hpp"
#include "run/program.hpp"
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

namespace weft::workload {
namespace {

void run(program& p) {
    matmul::matrices m(p.size("n"));
    in_arena(p.workers(), [&] {
        const double ns = timed([&] {
            using range = oneapi::tbb::blocked_range<std::size_t>;
            oneapi::tbb::parallel_for(
                range(0, m.tiles() * m.tiles(), 1),
                [&](const range& part) {
                    for (std::size_t i = part.begin(); i != part.end(); ++i) {
                        m.work(i / m.tiles(), i % m.tiles());
                    }
                },
                oneapi::tbb::simple_partitioner());
        });
        p.require(m.right(), "the product is wrong");
        p.figure("whole", "ms", ns / 1e6);
    });
}

const contender here("matmul", run);

} // namespace
} // namespace weft::workload
