// SPDX-License-Identifier: MIT
// A handle that is dropped while it owes a wait ends the program with a sentence.
#include "process_support.hpp"
#include "support/child.hpp"

using namespace support;

namespace {

void destroyed() {
    const outcome how = run_in_child([] {
        { weft::process p({"true"}); }
        return 0;
    });
    REQUIRE(how.signal != 0);
    REQUIRE(how.says("destroyed while its child was neither waited for nor detached"));
}

void assigned_to() {
    const outcome how = run_in_child([] {
        weft::process p({"true"});
        p = weft::process();
        return 0;
    });
    REQUIRE(how.signal != 0);
    REQUIRE(how.says("assigned to while its child was neither waited for nor detached"));
}

void waited_or_detached_is_fine() {
    const outcome how = run_in_child([] {
        weft::process p({"true"});
        p.wait();
        p = weft::process({"true"});
        p.detach();
        weft::process().swap(p);
        return 3;
    });
    require_exit(how, 3, "handles that owe nothing");
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"a handle destroyed too early", destroyed},
                      {"a handle assigned to too early", assigned_to},
                      {"waited or detached is fine", waited_or_detached_is_fine}});
}
