// SPDX-License-Identifier: MIT
// As many threads as workers, which take the tiles one by one from a counter.
#include "matmul/workload.hpp"
#include "run/program.hpp"
#include <atomic>
#include <thread>
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    matmul::matrices m(p.size("n"));
    {
        const double ns = timed([&] {
            std::atomic<std::size_t> next{0};
            const auto take_tiles = [&] {
                for (std::size_t i = next++; i < m.tiles() * m.tiles(); i = next++) {
                    m.work(i / m.tiles(), i % m.tiles());
                }
            };
            std::vector<std::thread> others;
            for (unsigned i = 1; i < p.workers(); ++i) {
                others.emplace_back(take_tiles);
            }
            take_tiles();
            for (auto& t : others) {
                t.join();
            }
        });
        p.require(m.right(), "the product is wrong");
        p.figure("whole", "ms", ns / 1e6);
    }
}

const contender here("matmul", run);

} // namespace
} // namespace weft::workload
