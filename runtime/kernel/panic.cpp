// SPDX-License-Identifier: MIT
// The definition of base::panic(): one write(2), no malloc, no stdio, no lock, then a trap, so that a
// debugger or a core stands at the breach.
#include "base/check.hpp"
#include "kernel/syscall.hpp"
#include <cstring>

namespace weft::base {

constinit std::atomic<panic_context_function> panic_context{nullptr};

namespace {
struct line {
    char text[1024];
    unsigned size = 0;
    void add(const char* part) noexcept {
        while (*part != '\0' && size < sizeof text - 1) {
            text[size++] = *part++;
        }
    }
    void add(unsigned number) noexcept {
        char digits[12];
        unsigned i = sizeof digits - 1;
        digits[i] = '\0';
        do {
            digits[--i] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        add(digits + i);
    }
};
} // namespace

void panic(const char* what, place where) noexcept {
    line l;
    const char* slash = std::strrchr(where.file, '/');
    l.add("weft: panic: ");
    l.add(what);
    l.add(" (");
    l.add(slash ? slash + 1 : where.file);
    l.add(":");
    l.add(where.line);
    l.add(")\n");
    // mo: relaxed: a function, which needs nothing that was written before.
    if (const panic_context_function more = panic_context.load(std::memory_order_relaxed)) {
        l.size += more(l.text + l.size, static_cast<unsigned>(sizeof l.text) - l.size);
    }
    (void)kernel::system_call(SYS_write, 2, l.text, l.size);
    __builtin_trap();
}

} // namespace weft::base
