// SPDX-License-Identifier: MIT
// Row: the words of the TCB that compiled code and libc read: self pointers, stack canary, pointer guard, CET features.
// Without them: pthread_self() is null, the canary is a known zero, and a pointer mangled on one thread (atexit, setjmp) is
// demangled to rubbish on another.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <csetjmp>
#include <cstdlib>
#include <pthread.h>

static std::uintptr_t word_at([[maybe_unused]] std::size_t offset) {
#if defined(__x86_64__)
    std::uintptr_t value = 0;
    asm volatile("movq %%fs:(%1), %0" : "=r"(value) : "r"(offset));
    return value;
#else
    return 1; // aarch64 keeps canary and pointer guard in globals
#endif
}

[[gnu::noinline]] static int protected_function(const char* text) {
    char copy[32];
    std::strcpy(copy, text);
    asm volatile("" : : "r"(copy) : "memory");
    return copy[0];
}

static std::jmp_buf mark;
static void leave() {
    _exit(0); // the only way out of this row: the handler that a worker registered, called by main's exit
}

static void row() {
    const std::uintptr_t canary = word_at(0x28);
    const std::uintptr_t pointer_guard = word_at(0x30);
    const pthread_t main_self = pthread_self();
    support::on_raw_threads(1, [&](int) {
        const pthread_t self = pthread_self();
        REQUIRE(self && self != main_self && pthread_equal(self, pthread_self()));
        REQUIRE(canary == word_at(0x28) && canary != 0);
        REQUIRE(pointer_guard == word_at(0x30) && pointer_guard != 0);
        REQUIRE(protected_function("weft") == 'w');
        if (setjmp(mark) == 0) {
            std::longjmp(mark, 1);
        }
        REQUIRE(std::atexit(&leave) == 0);
    });
    std::exit(3);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::tcb_words, row);
}
