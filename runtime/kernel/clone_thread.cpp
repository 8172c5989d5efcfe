// SPDX-License-Identifier: MIT
#include "kernel/clone_thread.hpp"
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace weft::kernel {

namespace {

struct start_record {
    void (*entry)(void*);
    void* argument;
};

extern "C" {
// kernel/arch/<machine>/clone_thread.cpp
long weft_clone3_thread(clone_args* arguments, std::size_t size, void (*entry)(void*), void* argument) noexcept;
long weft_clone_thread(unsigned long flags, void* stack_top, pid_t* parent_tid, void* child_tid, void* tls,
                       const start_record* start) noexcept;
}

/// 0: clone3; else the errno with which clone3 was refused.
std::atomic<int> clone3_refused{0}; // atomic, relaxed: every value is right, only the speed differs

std::uint64_t as_word(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p);
}

} // namespace

long clone_thread(const clone_thread_request& r) noexcept {
    // mo: relaxed: see the variable.
    if (clone3_refused.load(std::memory_order_relaxed) == 0) {
        clone_args arguments{};
        arguments.flags = thread_clone_flags;
        arguments.child_tid = as_word(r.cleared_word);
        arguments.parent_tid = as_word(r.parent_tid);
        arguments.stack = as_word(r.stack_low);
        arguments.stack_size = r.stack_size;
        arguments.tls = as_word(r.thread_pointer);
        // CLONE_ARGS_SIZE_VER0: nothing newer is asked for, so every kernel that has the call takes it.
        const long answer = weft_clone3_thread(&arguments, CLONE_ARGS_SIZE_VER0, r.entry, r.argument);
        if (answer != -ENOSYS && answer != -EPERM) {
            return answer;
        }
        // mo: relaxed: see the variable.
        clone3_refused.store(static_cast<int>(-answer), std::memory_order_relaxed);
    }
    // The child reads the record at the top of its own stack, where nobody can take it away before it has started.
    auto* top = reinterpret_cast<char*>(r.stack_low) + r.stack_size - sizeof(start_record);
    auto* start = reinterpret_cast<start_record*>(top);
    *start = {r.entry, r.argument};
    static_assert(sizeof(start_record) == 16, "the stack stays 16-byte aligned");
    return weft_clone_thread(thread_clone_flags, start, r.parent_tid, r.cleared_word, r.thread_pointer, start);
}

const char* clone_call_in_use() noexcept {
    // mo: relaxed: see the variable.
    switch (clone3_refused.load(std::memory_order_relaxed)) {
    case 0:
        return "clone3";
    case ENOSYS:
        return "clone (clone3 answered ENOSYS)";
    default:
        return "clone (clone3 answered EPERM)";
    }
}

} // namespace weft::kernel
