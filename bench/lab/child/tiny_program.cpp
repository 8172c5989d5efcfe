// SPDX-License-Identifier: MIT
// The program that posix_spawn starts: static, without libc, a page or two. It maps the cell that it finds as
// descriptor 3, does the work of cell.cpp and leaves. So what is measured is exec itself and not a dynamic
// linker; a program with libraries costs more.
#include "lab/contenders/tiny_program.hpp"
#include "kernel/syscall.hpp"
#include "lab/cell.hpp"
#include <ctime>
#include <sys/mman.h>

namespace {

std::uint64_t now() noexcept {
    timespec t{};
    (void)weft::kernel::system_call(SYS_clock_gettime, CLOCK_MONOTONIC,
                                    &t); // no vDSO without a libc that finds it
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
}

[[noreturn]] void leave(int status) noexcept {
    for (;;) {
        (void)weft::kernel::system_call(SYS_exit_group, status);
    }
}

} // namespace

/// The kernel enters here, on a stack that is aligned for a caller and not for a callee.
#if defined(__x86_64__)
#define WEFT_ALIGNS_ITS_STACK [[gnu::force_align_arg_pointer]]
#else
#define WEFT_ALIGNS_ITS_STACK
#endif
extern "C" {
[[noreturn]] WEFT_ALIGNS_ITS_STACK void _start() {
    const long answer =
        weft::kernel::system_call(SYS_mmap, nullptr, std::size_t{4096}, PROT_READ | PROT_WRITE, MAP_SHARED,
                                  weft::lab::tiny_program_cell, 0);
    if (answer < 0 && answer > -4096) {
        leave(1);
    }
    auto& c = *reinterpret_cast<weft::lab::cell*>(answer);
    if (c.ask_when) {
        c.began = now();
    }
    c.answer = weft::lab::right_answer(c.input);
    ++c.runs;
    if (c.ask_who) {
        c.kernel_thread = static_cast<pid_t>(weft::kernel::system_call(SYS_gettid));
        c.process = static_cast<pid_t>(weft::kernel::system_call(SYS_getpid));
    }
    if (c.ask_when) {
        c.ended = now();
    }
    leave(0);
}
}
