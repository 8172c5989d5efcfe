// SPDX-License-Identifier: MIT
// Row: the resolver's state. Without an own __resp, all threads share main's `_res` and race on it.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>
#include <resolv.h>

static void row() {
    REQUIRE(res_init() == 0);
    const auto* mains = __res_state();
    const int retrans = _res.retrans;
    std::atomic<int> arrived{0};
    res_state kept[2] = {};
    support::on_raw_threads(2, [&](int index) {
        kept[index] = __res_state();
        REQUIRE(__res_state() != mains);
        REQUIRE(res_init() == 0);
        _res.retrans = retrans + 10 + index;
        ++arrived;
        REQUIRE(support::eventually([&] { return arrived == 2; }));
        REQUIRE(_res.retrans == retrans + 10 + index);
    });
    REQUIRE(kept[0] != kept[1]);
    REQUIRE(_res.retrans == retrans);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::resolver, row);
}
