// SPDX-License-Identifier: MIT
// The contract of context/switch.hpp, for whichever backend the library was built with. The file is also compiled with several
// optimisation levels (CMakeLists.txt): what an inlined switch must keep is the compiler's decision each time.
#include "context/test_stacks.hpp"
#include "support/gtest_watchdog.hpp"
#include <algorithm>
#include <array>
#include <cfenv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using test::coroutine;

#if defined(__AVX2__) || defined(__AVX512F__)
[[gnu::constructor(101)]] void skip_where_the_machine_lacks_the_vectors() {
    __builtin_cpu_init();
#if defined(__AVX512F__)
    const bool there = __builtin_cpu_supports("avx512f");
#else
    const bool there = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    if (!there) {
        std::fputs("skipped: this machine lacks the vector registers that the test was compiled for\n", stderr);
        std::_Exit(77);
    }
}
#endif

class a_switch : public testing::Test {
  protected:
    context::stack_pool pool{{.stack_size = 256 * 1024}};
};

TEST_F(a_switch, to_a_new_stack_calls_its_entry_there) {
    const char* inside = nullptr;
    coroutine c(pool, [&](coroutine&) {
        char here = 0;
        inside = &here;
        asm volatile("" ::"r"(inside) : "memory");
    });
    c.resume();
    EXPECT_TRUE(c.ended());
    if (!test::sanitized) { // a fake stack may hold the local
        EXPECT_LT(inside, static_cast<char*>(c.memory().top()));
        EXPECT_GE(inside, static_cast<char*>(c.memory().top()) - c.memory().size());
    }
}

[[gnu::noinline]] std::uintptr_t misalignment() {
    alignas(16) char block[16];
    asm volatile("" ::"r"(block) : "memory");
    return (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) | reinterpret_cast<std::uintptr_t>(block)) % 16;
}

TEST_F(a_switch, enters_with_the_alignment_of_the_ABI) {
    // Straight in the first function: any call below would be off by the same amount, and movaps faults.
    static std::uintptr_t off = 1;
    static context::point outside;
    test::stack s(pool);
    context::switch_to(&outside, context::make_point(
                                     s.top(), s.size(),
                                     +[](void*) noexcept {
                                         off = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 16 + misalignment();
                                         context::leave_to(outside);
                                     },
                                     nullptr));
    EXPECT_EQ(off, 0u);
}

/// Sixteen integers and sixteen doubles that are alive across suspend(), more than there are registers.
[[gnu::noinline]] bool registers_survive(const volatile std::uint64_t* seeds, coroutine* c, bool inside) {
    std::uint64_t i[16];
    double d[16];
    for (int round = 0; round < 100; ++round) {
        const std::uint64_t a0 = seeds[0] + 1, a1 = seeds[1] + 2, a2 = seeds[2] + 3, a3 = seeds[3] + 4, a4 = seeds[4] + 5,
                            a5 = seeds[5] + 6, a6 = seeds[6] + 7, a7 = seeds[7] + 8, a8 = seeds[8] + 9, a9 = seeds[9] + 10,
                            a10 = seeds[10] + 11, a11 = seeds[11] + 12, a12 = seeds[12] + 13, a13 = seeds[13] + 14,
                            a14 = seeds[14] + 15, a15 = seeds[15] + 16;
        const double d0 = static_cast<double>(a0), d1 = static_cast<double>(a1), d2 = static_cast<double>(a2),
                     d3 = static_cast<double>(a3), d4 = static_cast<double>(a4), d5 = static_cast<double>(a5),
                     d6 = static_cast<double>(a6), d7 = static_cast<double>(a7), d8 = static_cast<double>(a8),
                     d9 = static_cast<double>(a9), d10 = static_cast<double>(a10), d11 = static_cast<double>(a11),
                     d12 = static_cast<double>(a12), d13 = static_cast<double>(a13), d14 = static_cast<double>(a14),
                     d15 = static_cast<double>(a15);
        inside ? c->suspend() : c->resume();
        const std::uint64_t a[16] = {a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15};
        const double e[16] = {d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15};
        std::memcpy(i, a, sizeof i);
        std::memcpy(d, e, sizeof d);
        for (int k = 0; k < 16; ++k) {
            const std::uint64_t wanted = seeds[k] + static_cast<std::uint64_t>(k) + 1;
            if (i[k] != wanted || d[k] != static_cast<double>(wanted)) {
                return false;
            }
        }
    }
    return true;
}

TEST_F(a_switch, keeps_what_is_alive_in_registers) {
    std::uint64_t outer[16], inner[16];
    for (unsigned k = 0; k < 16; ++k) {
        outer[k] = 1000 + k * 17;
        inner[k] = 9'000'000 + k * 31;
    }
    bool inside_ok = false;
    coroutine c(pool, [&](coroutine& self) {
        inside_ok = registers_survive(inner, &self, true);
        self.suspend();
    });
    EXPECT_TRUE(registers_survive(outer, &c, false));
    c.resume(); // the last of the body's rounds
    EXPECT_TRUE(inside_ok);
    c.resume();
    EXPECT_TRUE(c.ended());
}

/// The same, with the switch inlined between vector code of the widest kind that this file is compiled for.
using lanes = double __attribute__((vector_size(64)));

[[gnu::noinline]] double vectors_across(context::point* save, const context::point* target, double seed) {
    lanes v[4];
    for (int k = 0; k < 4; ++k) {
        for (int l = 0; l < 8; ++l) {
            v[k][l] = seed + k * 8 + l;
        }
    }
    for (int round = 0; round < 50; ++round) {
        context::switch_to(save, *target);
        for (auto& each : v) {
            each = each * 1.0 + 1.0;
        }
    }
    double sum = 0;
    for (int k = 0; k < 4; ++k) {
        for (int l = 0; l < 8; ++l) {
            sum += v[k][l] - (seed + k * 8 + l);
        }
    }
    return sum;
}

TEST_F(a_switch, keeps_vectors_that_are_alive_across_an_inlined_switch) {
    static context::point outside, inside;
    static double there;
    test::stack s(pool);
    inside = context::make_point(
        s.top(), s.size(),
        +[](void*) noexcept {
            there = vectors_across(&inside, &outside, 1e6);
            context::leave_to(outside);
        },
        nullptr);
    const double here = vectors_across(&outside, &inside, 3.0);
    context::switch_to(&outside, inside);
    EXPECT_EQ(here, 32 * 50.0);
    EXPECT_EQ(there, 32 * 50.0);
}

/// A frame that the compiler must realign and that has a size known only at run time: stack pointer, frame pointer and a third
/// register hold it together.
[[gnu::noinline]] bool odd_frame(coroutine& self, std::size_t size) {
    alignas(64) volatile unsigned char aligned[64];
    auto* grown = static_cast<volatile unsigned char*>(__builtin_alloca(size));
    for (std::size_t k = 0; k < size; ++k) {
        grown[k] = static_cast<unsigned char>(k * 7);
    }
    for (unsigned k = 0; k < 64; ++k) {
        aligned[k] = static_cast<unsigned char>(k);
    }
    for (int round = 0; round < 3; ++round) {
        self.suspend();
        for (std::size_t k = 0; k < size; ++k) {
            if (grown[k] != static_cast<unsigned char>(k * 7)) {
                return false;
            }
        }
    }
    return aligned[63] == 63 && reinterpret_cast<std::uintptr_t>(&aligned[0]) % 64 == 0;
}

TEST_F(a_switch, keeps_frames_of_unusual_shape) {
    bool good = false;
    coroutine c(pool, [&](coroutine& self) { good = odd_frame(self, 333) && odd_frame(self, 5000); });
    while (!c.ended()) {
        c.resume();
    }
    EXPECT_TRUE(good);
}

#if defined(__x86_64__)
std::uint16_t x87_control() {
    std::uint16_t word = 0;
    asm volatile("fnstcw %0" : "=m"(word));
    return word;
}
void set_x87_control(std::uint16_t word) {
    asm volatile("fldcw %0" ::"m"(word));
}
std::uint32_t sse_control() {
    std::uint32_t word = 0;
    asm volatile("stmxcsr %0" : "=m"(word));
    return word;
}
void set_sse_control(std::uint32_t word) {
    asm volatile("ldmxcsr %0" ::"m"(word));
}

TEST_F(a_switch, leaves_floating_point_control_with_the_stack) {
    const std::uint32_t sse = 0x1f80;     // all masked, to nearest
    const std::uint32_t sse_down = 0x3f80; // towards minus infinity
    const std::uint16_t x87 = 0x037f;
    const std::uint16_t x87_short = 0x007f; // 24-bit precision
    set_sse_control(sse_down);
    set_x87_control(x87_short);
    std::vector<std::uint32_t> seen;
    coroutine c(pool, [&](coroutine& self) {
        seen.push_back(sse_control());
        seen.push_back(x87_control());
        set_sse_control(0x5f80); // towards plus infinity
        self.suspend();
        seen.push_back(sse_control());
        seen.push_back(x87_control());
        set_x87_control(0x0f7f); // towards zero
        self.suspend();
        seen.push_back(sse_control());
        seen.push_back(x87_control());
    });
    for (int step = 0; step < 3; ++step) {
        c.resume();
        EXPECT_EQ(sse_control(), sse_down) << "step " << step;
        EXPECT_EQ(x87_control(), x87_short) << "step " << step;
    }
    set_sse_control(sse);
    set_x87_control(x87);
#if defined(WEFT_CONTEXT_BOOST)
    // Boost gives a new stack the words of its maker.
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{sse_down, x87_short, 0x5f80, x87_short, 0x5f80, 0x0f7f}));
#else
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{sse, x87, 0x5f80, x87, 0x5f80, 0x0f7f}));
#endif
}
#endif

#if defined(__x86_64__) || !defined(WEFT_CONTEXT_BOOST) // Boost 1.74 does not keep aarch64's fpcr
TEST_F(a_switch, leaves_the_rounding_mode_with_the_stack) {
    int first = -1, later = -1;
    std::fesetround(FE_TONEAREST);
    coroutine c(pool, [&](coroutine& self) {
        first = std::fegetround();
        std::fesetround(FE_UPWARD);
        self.suspend();
        later = std::fegetround();
    });
    c.resume();
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
    std::fesetround(FE_DOWNWARD);
    c.resume();
    EXPECT_EQ(std::fegetround(), FE_DOWNWARD);
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(first, FE_TONEAREST);
    EXPECT_EQ(later, FE_UPWARD);
}
#endif

TEST_F(a_switch, works_between_many_stacks_in_any_order) {
    constexpr unsigned count = test::sanitized ? 300 : 5000;
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    struct walker {
        std::unique_ptr<coroutine> c;
        std::uint64_t steps = 0;
        bool broken = false;
    };
    std::vector<walker> walkers(count);
    for (unsigned k = 0; k < count; ++k) {
        walker& w = walkers[k];
        w.c = std::make_unique<coroutine>(pool, [&w, k](coroutine& self) {
            std::array<std::uint64_t, 20> mine;
            mine.fill(k);
            for (std::uint64_t step = 1; step <= 10; ++step) {
                self.suspend();
                for (auto& each : mine) {
                    w.broken = w.broken || each != k + step - 1;
                    ++each;
                }
                ++w.steps;
            }
        });
    }
    std::vector<unsigned> alive(count);
    for (unsigned k = 0; k < count; ++k) {
        alive[k] = k;
    }
    while (!alive.empty()) {
        const std::size_t at = random() % alive.size();
        walker& w = walkers[alive[at]];
        w.c->resume();
        if (w.c->ended()) {
            alive[at] = alive.back();
            alive.pop_back();
        }
    }
    for (const walker& w : walkers) {
        ASSERT_FALSE(w.broken);
        ASSERT_EQ(w.steps, 10u);
    }
}

[[gnu::noinline]] std::uint64_t descend(coroutine& self, unsigned depth) {
    volatile char frame[200];
    frame[0] = static_cast<char>(depth);
    if (depth == 0) {
        self.suspend();
        return 0;
    }
    const std::uint64_t below = descend(self, depth - 1);
    return below + (frame[0] == static_cast<char>(depth) ? 1 : 0);
}

TEST_F(a_switch, suspends_at_the_bottom_of_a_deep_recursion) {
    context::stack_pool deep{{.stack_size = 64 * 1024 * 1024}};
    constexpr unsigned depth = 50'000;
    std::uint64_t good = 0;
    coroutine c(deep, [&](coroutine& self) { good = descend(self, depth); });
    c.resume();
    EXPECT_FALSE(c.ended());
    c.resume();
    EXPECT_TRUE(c.ended());
    EXPECT_EQ(good, depth);
}

TEST_F(a_switch, may_return_on_another_kernel_thread) {
    // Not std::this_thread::get_id(): it is declared to give the same answer always, and compilers believe it.
    auto id = [] { return kernel::system_call(SYS_gettid); };
    std::vector<long> seen;
    coroutine c(pool, [&](coroutine& self) {
        for (int k = 0; k < 3; ++k) {
            seen.push_back(id());
            self.suspend();
        }
    });
    c.resume();
    long other = 0;
    std::thread t([&] {
        other = id();
        c.resume();
    });
    t.join();
    c.resume();
    EXPECT_EQ(seen, (std::vector<long>{id(), other, id()}));
    c.resume();
    EXPECT_TRUE(c.ended());
}

TEST_F(a_switch, gives_a_stack_that_was_left_to_its_next_user) {
    test::stack s(pool);
    static context::point outside;
    static int runs;
    runs = 0;
    for (int k = 0; k < 100; ++k) {
        context::switch_to(&outside, context::make_point(
                                         s.top(), s.size(),
                                         +[](void* add) noexcept {
                                             volatile char dirt[2000];
                                             std::fill(dirt, dirt + sizeof dirt, static_cast<char>(0xee));
                                             runs += *static_cast<int*>(add);
                                             context::leave_to(outside); // with live frames: they are not unwound
                                         },
                                         &k));
    }
    EXPECT_EQ(runs, 99 * 100 / 2);
}

} // namespace
