// SPDX-License-Identifier: MIT
// How the tests use a stack pool: in batches, as a worker does.
#pragma once
#include "context/stack_pool.hpp"
#include "kernel/guard_page.hpp"
#include <algorithm>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <vector>

namespace test {

using weft::context::guard_method;
using weft::context::stack_pool;

inline std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * weft::kernel::page_size();
}

inline std::size_t mappings() {
    std::ifstream file("/proc/self/maps");
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

/// As a worker does it: in batches, until the pool refuses.
inline std::vector<void*> acquire(stack_pool& pool, std::size_t count, weft::base::refusal* why = nullptr) {
    weft::base::refusal mine;
    std::vector<void*> tops(count);
    std::size_t have = 0;
    while (have < count) {
        const std::size_t got = pool.acquire(tops.data() + have, std::min<std::size_t>(count - have, 16), why ? why : &mine);
        if (got == 0) {
            EXPECT_TRUE(why) << mine.call << " errno " << mine.error;
            break;
        }
        have += got;
    }
    tops.resize(have);
    return tops;
}

inline void release(stack_pool& pool, const std::vector<void*>& tops) {
    for (std::size_t at = 0; at < tops.size(); at += 16) {
        pool.release(tops.data() + at, std::min<std::size_t>(16, tops.size() - at));
    }
}

inline void fill(const stack_pool& pool, void* top, int byte) {
    std::memset(static_cast<std::byte*>(top) - pool.usable_size(), byte, pool.usable_size());
}

/// Every stack of every slab is somewhere (asked when nobody else uses the pool).
inline bool none_is_lost(const stack_pool& pool) {
    const auto s = pool.stats();
    return s.out + s.warm + s.cold + s.fresh == s.made;
}

} // namespace test
