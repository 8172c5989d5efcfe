// SPDX-License-Identifier: MIT
#include "kernel/key_destructors.hpp"
#include "kernel/glibc_facts.hpp"
#include <climits>
#include <cstdlib>
#include <cstring>

namespace weft::kernel {

namespace {

constexpr int blocks = 32, slots = 32;

struct key_value {
    std::uintptr_t sequence;
    void* value;
};

key_value** blocks_of(char* thread_pointer) noexcept {
    return reinterpret_cast<key_value**>(thread_pointer + glibc().specific);
}

key_value* first_block(char* thread_pointer) noexcept {
    return reinterpret_cast<key_value*>(thread_pointer + glibc().specific - 0x200);
}

/// One round; true when a destructor ran.
bool run_round(key_value** table, const key_slot* keys) {
    bool ran = false;
    for (int i = 0; i < blocks; ++i) {
        for (int j = 0; table[i] && j < slots; ++j) {
            key_value& v = table[i][j];
            void* value = v.value;
            if (!value) {
                continue;
            }
            v.value = nullptr;
            const key_slot& key = keys[i * slots + j];
            // The key may have been deleted, or deleted and made again, since the value was set.
            if (key.sequence == v.sequence && key.destructor) {
                key.destructor(value);
                ran = true;
            }
        }
    }
    return ran;
}

} // namespace

void run_key_destructors(char* thread_pointer) {
    const glibc_facts& f = glibc();
    if (!f.keys_usable) {
        return;
    }
    for (int round = 0; round < _POSIX_THREAD_DESTRUCTOR_ITERATIONS; ++round) {
        if (!run_round(blocks_of(thread_pointer), f.symbols.keys)) {
            return;
        }
    }
}

void abandon_key_values(char* thread_pointer) noexcept {
    key_value** table = blocks_of(thread_pointer);
    std::memset(first_block(thread_pointer), 0, slots * sizeof(key_value));
    std::memset(table + 1, 0, (blocks - 1) * sizeof *table);
}

void forget_key_values(char* thread_pointer) noexcept {
    key_value** table = blocks_of(thread_pointer);
    std::memset(first_block(thread_pointer), 0, slots * sizeof(key_value));
    for (int i = 1; i < blocks; ++i) {
        std::free(table[i]);
        table[i] = nullptr;
    }
}

} // namespace weft::kernel
