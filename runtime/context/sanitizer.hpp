// SPDX-License-Identifier: MIT
// The sanitizers are told of every switch. In a plain build this header is empty.
//
// AddressSanitizer must know the bounds of the running stack (throw, longjmp and fake stacks depend on them), ThreadSanitizer keeps
// a shadow call stack and a clock for each stack that it calls a fiber. So in a sanitizer build a point is not the backend's word but
// the address of a record that lies on the suspended stack and holds that word beside what the sanitizer wants to hear:
//
//   leaver                                              arriver
//   record on own stack, target.from = it
//   __sanitizer_start_switch_fiber(target's bounds)
//   __tsan_switch_to_fiber(target's fiber)
//   machine::switch_to ------------------------------>  __sanitizer_finish_switch_fiber: hands out the leaver's bounds,
//                                                       which go into the leaver's record; destroys a dead leaver's fiber
//
// I1  The leaver's record is complete before the arriver returns, and only then may anybody else learn of that point (as for the
//     backend's own save slot).
// TSan's switch orders leaver before arriver (flag 0), which is true: they follow each other on one kernel thread.
// TSan counts fibers as threads and has room for about 8,000: tests run fewer parked tasks there. Making one clears 0.8 MB, so each
// kernel thread keeps those of its dead stacks for its new ones; that orders only what ran on this kernel thread one after the other.
// A stack that is given up leaves its frames on the fiber's shadow call stack, so a fiber serves a limited number of stacks.
// The functions that stand between are in watched_switch.hpp.
// LeakSanitizer does not look into task stacks: what only a suspended task holds at exit is reported.
// Reference: compiler-rt include/sanitizer/common_interface_defs.h, tsan_interface.h, asan_interface.h.
#pragma once
#include "base/sanitizers.hpp"
#include "context/point.hpp"

#if defined(WEFT_ADDRESS_SANITIZER) || defined(WEFT_THREAD_SANITIZER)
#define WEFT_SANITIZED_SWITCH 1
#if defined(WEFT_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#include <sanitizer/tsan_interface.h>
#endif

namespace weft::context {

/// What a point means in a sanitizer build.
struct watched_point {
    point machine = nullptr;
    const void* bottom = nullptr;    // bounds of the suspended stack
    std::size_t size = 0;
    void* fake_stack = nullptr;      // AddressSanitizer's, for locals that outlive their function
    void* fiber = nullptr;           // ThreadSanitizer's
    watched_point* from = nullptr;   // who switched here; null when it gave its stack up
    void* dead_fiber = nullptr;      // the fiber of one that gave its stack up
};

#if defined(WEFT_THREAD_SANITIZER)
/// The fibers of dead stacks that this kernel thread keeps.
struct fiber_cache {
    static constexpr unsigned room = 32, uses_of_one = 1000;
    void* kept[room] = {};
    unsigned count = 0;
    unsigned uses = 0; // of all that lie here; when they are many, all are renewed
    ~fiber_cache() { clear(); }
    void clear() noexcept {
        while (count > 0) {
            __tsan_destroy_fiber(kept[--count]);
        }
    }
};

// EDGE tls-address-caching: never inlined.
[[gnu::noinline]] inline fiber_cache& this_fiber_cache() noexcept {
    static thread_local fiber_cache mine;
    asm volatile("");
    return mine;
}

inline void* take_fiber() noexcept {
    fiber_cache& cache = this_fiber_cache();
    return cache.count > 0 ? cache.kept[--cache.count] : __tsan_create_fiber(0);
}

inline void give_fiber(void* dead) noexcept {
    fiber_cache& cache = this_fiber_cache();
    if (++cache.uses >= fiber_cache::uses_of_one) {
        cache.uses = 0;
        cache.clear();
        __tsan_destroy_fiber(dead);
    } else if (cache.count < fiber_cache::room) {
        cache.kept[cache.count++] = dead;
    } else {
        __tsan_destroy_fiber(dead);
    }
}
#endif

/// Last thing on the stack that is left. `here` null: it is given up.
[[gnu::always_inline]] inline void announce_switch([[maybe_unused]] watched_point* here, watched_point& target) noexcept {
    target.from = here;
#if defined(WEFT_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(here ? &here->fake_stack : nullptr, target.bottom, target.size);
#else
    void* const current = __tsan_get_current_fiber();
    if (here) {
        here->fiber = current;
        target.dead_fiber = nullptr;
    } else {
        target.dead_fiber = current;
    }
    __tsan_switch_to_fiber(target.fiber, 0);
#endif
}

/// First thing on the stack that is reached.
inline void confirm_switch(watched_point& here) noexcept {
#if defined(WEFT_ADDRESS_SANITIZER)
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(here.fake_stack, &bottom, &size);
    if (here.from) {
        here.from->bottom = bottom;
        here.from->size = size;
    }
#else
    if (here.dead_fiber) {
        give_fiber(here.dead_fiber);
    }
#endif
}

/// Before memory of stacks is unmapped or handed out: no poison of dead frames may stay on it.
inline void forget_stack_poison([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t size) noexcept {
#if defined(WEFT_ADDRESS_SANITIZER)
    __asan_unpoison_memory_region(begin, size);
#endif
}

} // namespace weft::context
#else
namespace weft::context {
inline void forget_stack_poison(void*, std::size_t) noexcept {}
} // namespace weft::context
#endif
