// SPDX-License-Identifier: MIT
// gallery_test FLAG: the flag's experiment shows no effect off and its effect on. 77 and a sentence when this machine cannot show
// it.
#include "flags/gallery.hpp"
#include "support/program.hpp"

using namespace support;

int main(int argc, char** argv) {
    REQUIRE(argc == 2);
    const weft::clone_flag_name* flag = weft::clone_flag_named(argv[1]);
    REQUIRE(flag);
    const weft::gallery::experiment* e = weft::gallery::experiment_for(flag->flag);
    REQUIRE(e);
    const weft::gallery::finding found = weft::gallery::run(*e);
    if (!found.why_not.empty()) {
        say("%s: ", argv[1]);
        skip(found.why_not.c_str());
    }
    say("off: %s\non:  %s\n%s", found.off.saw.c_str(), found.on.saw.c_str(), found.broken.c_str());
    REQUIRE(found.broken.empty());
    REQUIRE(!found.off.effect);
    REQUIRE(found.on.effect);
    return 0;
}
