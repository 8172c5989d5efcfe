// SPDX-License-Identifier: MIT
#include "kernel/ordinary_code/activities.hpp"
#include <atomic>
#include <cctype>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <cwchar>
#include <iomanip>
#include <iostream>
#include <locale>
#include <regex>
#include <sstream>
#include <string>

namespace ordinary {
namespace {

std::FILE* shared_file;
std::atomic<long> lines_written{0};
constexpr int line_size = 32; // "line 0123456789abcdef 01234567.\n"

void lines_into_a_shared_file(lane& l) {
    for (int i = 0; i < 20; ++i) {
        const auto number = static_cast<unsigned long>(l.random());
        REQUIRE(std::fprintf(shared_file, "line %016lx %08lx.\n", number, (number * 2654435761u) & 0xffffffff) == line_size);
        ++lines_written;
    }
    if (l.below(10) == 0) {
        REQUIRE(std::fflush(shared_file) == 0);
    }
}

void check_the_shared_file() {
    std::rewind(shared_file);
    long lines = 0;
    char text[128];
    while (std::fgets(text, sizeof text, shared_file)) {
        unsigned long number = 0;
        unsigned long sum = 0;
        REQUIRE(std::strlen(text) == line_size);
        REQUIRE(std::sscanf(text, "line %lx %lx.", &number, &sum) == 2);
        REQUIRE(sum == ((number * 2654435761u) & 0xffffffff));
        ++lines;
    }
    REQUIRE(lines == lines_written);
    std::fclose(shared_file);
}

void printf_and_scanf(lane& l) {
    const double number = static_cast<double>(l.below(1'000'000)) / 64.0;
    char text[128];
    std::snprintf(text, sizeof text, "%.10f|%La|%s|%5d", number, static_cast<long double>(number), "weft", 42);
    REQUIRE(std::strtod(text, nullptr) == number);
    REQUIRE(std::strstr(text, "|weft|   42"));
    long double back = 0;
    REQUIRE(std::sscanf(std::strchr(text, '|') + 1, "%La", &back) == 1 && static_cast<double>(back) == number);
}

void string_streams(lane& l) {
    const int number = static_cast<int>(l.below(100'000'000));
    std::ostringstream out;
    out << std::setw(10) << std::setfill('0') << number << ' ' << std::hex << number << ' ' << std::boolalpha << true << ' '
        << std::fixed << std::setprecision(3) << 2.5;
    std::istringstream in(out.str());
    int decimal = 0;
    int hexadecimal = 0;
    bool truth = false;
    double fraction = 0;
    in >> std::dec >> decimal >> std::hex >> hexadecimal >> std::boolalpha >> truth >> fraction;
    REQUIRE(!in.fail() && decimal == number && hexadecimal == number && truth && fraction == 2.5);
    std::ostream nowhere(nullptr);
    nowhere << number;
    REQUIRE(nowhere.bad());
}

void characters(lane& l) {
    volatile int letter = static_cast<int>('a' + l.below(26));
    REQUIRE(std::isalpha(letter) && std::islower(letter) && !std::isspace(letter) && std::tolower(std::toupper(letter)) == letter);
    REQUIRE(std::isalpha(static_cast<char>(letter), std::locale::classic()));
    const std::locale l2(std::locale::classic(), new std::numpunct<char>);
    REQUIRE(std::use_facet<std::numpunct<char>>(l2).decimal_point() == '.');
    REQUIRE(strcoll("abc", "abd") < 0);
    wchar_t wide[8] = {};
    REQUIRE(std::mbstowcs(wide, "weft", 8) == 4 && std::wcscmp(wide, L"weft") == 0);
}

void a_locale_of_ones_own(lane& l) {
    const locale_t own = newlocale(LC_ALL_MASK, l.below(2) ? "C" : "C.UTF-8", nullptr);
    if (!own) {
        return; // C.UTF-8 is not everywhere
    }
    const locale_t before = uselocale(own);
    REQUIRE(uselocale(nullptr) == own);
    printf_and_scanf(l);
    characters(l);
    REQUIRE(uselocale(before) == own);
    freelocale(own);
}

void regular_expressions(lane& l) {
    static const std::regex shared("([a-z]+)-([0-9]+)"); // its construction is guarded
    const std::string text = "task-" + std::to_string(l.below(1000));
    std::smatch match;
    REQUIRE(std::regex_match(text, match, shared) && match[1] == "task" && text == match[1].str() + "-" + match[2].str());
    const std::regex own("[[:digit:]]{1,3}$");
    REQUIRE(std::regex_search(text, own));
}

void calendar(lane& l) {
    const time_t when = 1'000'000'000 + static_cast<time_t>(l.below(1'000'000'000));
    tm utc{};
    tm local{};
    REQUIRE(gmtime_r(&when, &utc) && localtime_r(&when, &local));
    REQUIRE(timegm(&utc) == when && mktime(&local) == when);
    char text[64];
    REQUIRE(std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) == 19);
    tm read{};
    REQUIRE(strptime(text, "%Y-%m-%dT%H:%M:%S", &read) && timegm(&read) == when);
}

int compare_ints(const void* a, const void* b) {
    const int x = *static_cast<const int*>(a);
    const int y = *static_cast<const int*>(b);
    return (x > y) - (x < y);
}

void numbers(lane& l) {
    for (int i = 0; i < 50; ++i) {
        const int r = std::rand(); // one lock for the whole process
        REQUIRE(r >= 0);
    }
    double d = 0;
    drand48_data state{};
    srand48_r(static_cast<long>(l.below(1000)), &state);
    REQUIRE(drand48_r(&state, &d) == 0 && d >= 0 && d < 1);
    std::random_device device;
    (void)device();
    int sorted[100];
    for (int& n : sorted) {
        n = static_cast<int>(l.below(1000));
    }
    std::qsort(sorted, 100, sizeof(int), compare_ints);
    for (int i = 1; i < 100; ++i) {
        REQUIRE(sorted[i - 1] <= sorted[i]);
    }
    volatile double two = 2.0; // math sets errno and the thread's own rounding mode
    REQUIRE(std::fabs(std::pow(std::sqrt(two), 2.0) - 2.0) < 1e-12);
    errno = 0;
    volatile double minus = -1.0;
    REQUIRE(std::isnan(std::log(minus)) && errno == EDOM);
}

constexpr activity activities[] = {
    {"lines into a shared FILE", lines_into_a_shared_file, 20}, {"printf and scanf", printf_and_scanf, 15},
    {"string streams", string_streams, 15},                     {"ctype, facets, wide characters", characters, 15},
    {"a locale of one's own", a_locale_of_ones_own, 8},         {"regex", regular_expressions, 3},
    {"calendar", calendar, 15},                                 {"rand, qsort, math", numbers, 10},
};

void begin() {
    shared_file = std::tmpfile();
    REQUIRE(shared_file);
}

} // namespace
const group text_group{"text", begin, check_the_shared_file, activities};
} // namespace ordinary
