// SPDX-License-Identifier: MIT
// What ordinary programs do on a thread, as a list of small checked activities. None of this code knows of weft: it is written for
// any thread, and must hold on a raw one. Used by ordinary_code_stress (dynamic) and by the smoke program of every link flavour.
//
// An activity checks what it does by itself. What only shows in the sum (lost bytes, lost counts, destructors that did not run) is
// checked by the group's end(), after every thread has ended.
#pragma once
#include "support/program.hpp"
#include <random>
#include <span>

namespace ordinary {

struct lane {
    std::mt19937_64 random;
    unsigned below(unsigned bound) { return static_cast<unsigned>(random() % bound); }
};

struct activity {
    const char* name;
    void (*run)(lane&);
    unsigned weight; // how often, relative to the others; 1 for those that fork
};

struct group {
    const char* name;
    void (*begin)(); // on main, before the first thread
    void (*end)();   // on main, after the last
    std::span<const activity> activities;
};

extern const group memory_group;  // malloc, new, realloc, frees on other threads
extern const group text_group;    // stdio, iostreams, locale, regex, numbers, time
extern const group lock_group;    // mutexes, condition variables, shared_ptr, thread_local, keys, call_once
extern const group error_group;   // errno, exceptions, unwinding
extern const group system_group;  // names, files, child processes, dlopen: not in static programs

} // namespace ordinary
