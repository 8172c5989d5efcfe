// SPDX-License-Identifier: MIT
// A contract breach: one line on stderr with sentence, file and line, the planted context behind it, then a trap. Also without
// memory, without stdio, and from any thread.
#include "base/check.hpp"
#include "support/child.hpp"
#include <sys/resource.h>
#include <thread>

using weft::base::check;
using weft::base::panic;

namespace {

bool trapped(const support::outcome& how) {
    return how.died_by(SIGILL) || how.died_by(SIGTRAP); // x86-64, aarch64
}

void says_what_and_where() {
    const unsigned line = __LINE__ + 2;
    const auto how = support::run_in_child([] {
        panic("the cat is on the table");
        return 0;
    });
    REQUIRE(trapped(how));
    char wanted[128];
    std::snprintf(wanted, sizeof wanted, "weft: panic: the cat is on the table (panic_death_test.cpp:%u)\n", line);
    REQUIRE(how.text == wanted);
}

void check_costs_nothing_when_it_holds() {
    check(true, "never said");
    const auto how = support::run_in_child([] {
        check(1 + 1 == 3, "sums are broken");
        return 0;
    });
    REQUIRE(trapped(how) && how.says("weft: panic: sums are broken (panic_death_test.cpp:"));
}

void context_is_appended() {
    const auto how = support::run_in_child([] {
        weft::base::panic_context = +[](char* buffer, unsigned size) noexcept {
            const int written = std::snprintf(buffer, size, "in task 17 (baker)\n");
            return written > 0 ? static_cast<unsigned>(written) : 0u;
        };
        panic("out of flour");
        return 0;
    });
    REQUIRE(trapped(how) && how.says("out of flour") && how.says("in task 17 (baker)"));
}

void long_sentences_are_cut() {
    const auto how = support::run_in_child([] {
        static char sentence[5000];
        std::memset(sentence, 'x', sizeof sentence - 1);
        panic(sentence);
        return 0;
    });
    REQUIRE(trapped(how) && how.says("xxxxxxxx") && how.text.size() <= 1024);
}

void from_any_thread() {
    const auto how = support::run_in_child([] {
        std::thread([] { panic("a worker's breach"); }).join();
        return 0;
    });
    REQUIRE(trapped(how) && how.says("a worker's breach"));
}

} // namespace

int main(int argc, char** argv) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    return support::run_cases(argc, argv,
        {{"a panic says what and where, then traps", says_what_and_where},
         {"check is silent when it holds", check_costs_nothing_when_it_holds},
         {"the planted context is appended", context_is_appended},
         {"an endless sentence is cut", long_sentences_are_cut},
         {"from any thread", from_any_thread}});
}
