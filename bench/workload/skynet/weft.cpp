// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "run/weft_fork.hpp"
#include "skynet/workload.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

std::uint64_t by_joins(std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) {
        return first;
    }
    const std::uint64_t part = leaves / 10;
    const auto child = [&](std::uint64_t i) { return [=] { return by_joins(first + i * part, part); }; };
    const auto [a, b, c, d, e, f, g, h, i, j] = forked(child(0), child(1), child(2), child(3), child(4), child(5), child(6),
                                                                child(7), child(8), child(9));
    return a + b + c + d + e + f + g + h + i + j;
}

void by_channel(weft::channel<std::uint64_t> out, std::uint64_t first, std::uint64_t leaves) {
    if (leaves == 1) {
        out.send(first);
        return;
    }
    weft::channel<std::uint64_t> sums(10);
    const std::uint64_t part = leaves / 10;
    for (std::uint64_t i = 0; i < 10; ++i) {
        weft::spawn([sums, from = first + i * part, part] { by_channel(sums, from, part); }).detach();
    }
    std::uint64_t sum = 0;
    for (int i = 0; i < 10; ++i) {
        sum += *sums.receive();
    }
    out.send(sum);
}

void run(program& p) {
    const std::uint64_t leaves = p.size("leaves");
    note_how_forked(p);
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        std::uint64_t answer = 0;
        double ns = timed([&] { answer = by_joins(0, leaves); });
        p.require(answer == skynet::right_answer(leaves), "the sum by joins is wrong");
        p.figure("joins", "ms", ns / 1e6);
        answer = 0;
        ns = timed([&] {
            weft::channel<std::uint64_t> whole(1);
            weft::spawn([whole, leaves] { by_channel(whole, 0, leaves); }).detach();
            answer = *whole.receive();
        });
        p.require(answer == skynet::right_answer(leaves), "the sum by channels is wrong");
        p.figure("channels", "ms", ns / 1e6);
    });
}

const contender here("skynet", run);

} // namespace
} // namespace weft::workload
