// SPDX-License-Identifier: MIT
#include "run/onetbb.hpp"
#include "run/program.hpp"
#include "skynet/workload.hpp"
#include <array>

namespace weft::workload {
namespace {

std::uint64_t by_joins(std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) {
        return first;
    }
    const std::uint64_t part = leaves / 10;
    std::array<std::uint64_t, 10> sums{};
    oneapi::tbb::task_group children;
    for (std::uint64_t i = 0; i < 10; ++i) {
        children.run([&sums, i, first, part] { sums[i] = by_joins(first + i * part, part); });
    }
    children.wait();
    std::uint64_t sum = 0;
    for (const std::uint64_t s : sums) {
        sum += s;
    }
    return sum;
}

void run(program& p) {
    const std::uint64_t leaves = p.size("leaves");
    in_arena(p.workers(), [&] {
        std::uint64_t answer = 0;
        const double ns = timed([&] { answer = by_joins(0, leaves); });
        p.require(answer == skynet::right_answer(leaves), "the sum by joins is wrong");
        p.figure("joins", "ms", ns / 1e6);
    });
}

const contender here("skynet", run);

} // namespace
} // namespace weft::workload
