// SPDX-License-Identifier: MIT
#include "kernel/ordinary_code/activities.hpp"
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

namespace ordinary {
namespace {

/// A block that carries its size and a pattern, so that another thread can check and free it.
struct block {
    std::uint32_t size;
    std::uint32_t pattern;
    unsigned char bytes[];
};

block* new_block(lane& l) {
    const std::uint32_t size = l.below(8) == 0 ? 1 + l.below(200'000) : 1 + l.below(2000);
    auto* b = static_cast<block*>(std::malloc(sizeof(block) + size));
    REQUIRE(b);
    b->size = size;
    b->pattern = l.below(256);
    std::memset(b->bytes, static_cast<int>(b->pattern), size);
    return b;
}

void check_and_free(block* b) {
    REQUIRE(b->size >= 1 && b->size <= 200'000 && b->pattern < 256);
    for (std::uint32_t i = 0; i < b->size; i += 1 + b->size / 64) {
        REQUIRE(b->bytes[i] == b->pattern);
    }
    REQUIRE(b->bytes[b->size - 1] == b->pattern);
    std::free(b);
}

constexpr unsigned slots = 256;
std::atomic<block*> exchange[slots]; // blocks made by one thread and freed by another

void malloc_and_pass_on(lane& l) {
    for (int i = 0; i < 40; ++i) {
        // mo: acq_rel: what the maker wrote into the block, to whoever takes it out.
        if (block* other = exchange[l.below(slots)].exchange(new_block(l), std::memory_order_acq_rel)) {
            check_and_free(other);
        }
    }
}

void realloc_keeps_contents(lane& l) {
    std::size_t size = 16;
    auto* bytes = static_cast<unsigned char*>(std::calloc(1, size));
    REQUIRE(bytes && bytes[15] == 0);
    const auto mark = static_cast<unsigned char>(1 + l.below(255));
    bytes[0] = bytes[15] = mark;
    for (int i = 0; i < 12; ++i) {
        size += l.below(20'000);
        bytes = static_cast<unsigned char*>(std::realloc(bytes, size));
        REQUIRE(bytes && bytes[0] == mark && bytes[15] == mark);
    }
    std::free(bytes);
}

void aligned_memory(lane& l) {
    const std::size_t alignment = std::size_t{16} << l.below(9);
    void* one = std::aligned_alloc(alignment, alignment * (1 + l.below(8)));
    REQUIRE(one && reinterpret_cast<std::uintptr_t>(one) % alignment == 0);
    std::free(one);
    struct alignas(128) wide {
        char bytes[128];
    };
    const auto object = std::make_unique<wide>();
    REQUIRE(reinterpret_cast<std::uintptr_t>(object.get()) % 128 == 0);
}

void containers(lane& l) {
    std::vector<std::string> words;
    const unsigned count = 50 + l.below(100);
    for (unsigned i = 0; i < count; ++i) {
        words.push_back(std::string(l.below(60), 'w') + std::to_string(i));
    }
    for (unsigned i = 0; i < count; ++i) {
        REQUIRE(words[i].ends_with(std::to_string(i)));
    }
    std::pmr::unsynchronized_pool_resource pool;
    std::pmr::vector<std::pmr::string> pooled(&pool);
    for (const std::string& w : words) {
        pooled.emplace_back(w);
    }
    REQUIRE(pooled.back() == words.back().c_str());
}

constexpr activity activities[] = {
    {"malloc, freed by another thread", malloc_and_pass_on, 20},
    {"realloc keeps contents", realloc_keeps_contents, 10},
    {"aligned memory", aligned_memory, 10},
    {"containers", containers, 10},
};

void begin() {}
void end() {
    for (auto& slot : exchange) {
        if (block* b = slot.exchange(nullptr)) {
            check_and_free(b);
        }
    }
}

} // namespace
const group memory_group{"memory", begin, end, activities};
} // namespace ordinary
