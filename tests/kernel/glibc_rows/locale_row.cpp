// SPDX-License-Identifier: MIT
// Row: the locale. libc's ctype tables are reached through TLS pointers that are null until uselocale() is called: isalpha crashes.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cctype>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <regex>
#include <string>

static void row() {
    for (int round = 0; round < 2; ++round) {
        support::on_raw_threads(2, [](int) {
            volatile int letter = 'q';
            REQUIRE(std::isalpha(letter) && !std::isdigit(letter) && std::toupper(letter) == 'Q');
            int number = 0;
            char word[16] = {};
            REQUIRE(std::sscanf("  17 plums", "%d %15s", &number, word) == 2 && number == 17);
            REQUIRE(std::strtod("2.5e1", nullptr) == 25.0);
            REQUIRE(std::regex_match("weft-17", std::regex("[[:alpha:]]+-[[:digit:]]+")));
            REQUIRE(std::isupper('A', std::locale()));
            REQUIRE(uselocale(nullptr) == LC_GLOBAL_LOCALE);
            // A locale of its own does not outlive the thread, nor leak into the next one on the same memory.
            const locale_t own = newlocale(LC_ALL_MASK, "C", nullptr);
            REQUIRE(own);
            uselocale(own);
            REQUIRE(uselocale(nullptr) == own);
        });
    }
    REQUIRE(uselocale(nullptr) == LC_GLOBAL_LOCALE);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::locale, row);
}
