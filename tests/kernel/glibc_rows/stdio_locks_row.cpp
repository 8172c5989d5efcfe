// SPDX-License-Identifier: MIT
// Row: stdio locks. Until _IO_enable_locks is called, putc and getc take no lock on any stream, and bytes are lost.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <cstdio>

static constexpr int threads = 4;
static constexpr long each = 2'000'000;

static long written_through(std::FILE* file) {
    support::on_raw_threads_together(threads, [&](int index) {
        for (long i = 0; i < each; ++i) {
            REQUIRE(std::putc('a' + index, file) != EOF);
        }
    });
    REQUIRE(std::fflush(file) == 0);
    std::rewind(file);
    long counted[threads] = {};
    for (int c; (c = std::getc(file)) != EOF;) {
        REQUIRE(c >= 'a' && c < 'a' + threads);
        ++counted[c - 'a'];
    }
    for (const long count : counted) {
        REQUIRE(count == each);
    }
    return threads * each;
}

static void row() {
    std::FILE* before = std::tmpfile(); // open when the first thread starts: its own flag has to be set
    REQUIRE(before);
    REQUIRE(written_through(before) == threads * each);
    std::FILE* after = std::tmpfile(); // opened later: follows the process-wide flag
    REQUIRE(after);
    REQUIRE(written_through(after) == threads * each);
    std::fclose(before);
    std::fclose(after);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::stdio_locks, row);
}
