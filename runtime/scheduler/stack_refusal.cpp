// SPDX-License-Identifier: MIT
#include "scheduler/stack_refusal.hpp"
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace weft::scheduler {

namespace {

std::exception_ptr sentence(const base::refusal& why) {
    return std::make_exception_ptr(
        std::system_error(why.error, std::system_category(),
                          std::string("weft: no stack for a task, which therefore did not run: the kernel refused ") + why.call +
                              " (limits: RLIMIT_AS, vm.max_map_count, vm.overcommit_memory, the cgroup's memory)"));
}

/// Whether there is memory for some small blocks. A guess: others allocate too.
bool memory_is_left() noexcept {
    void* const probe = std::malloc(4096);
    std::free(probe);
    return probe != nullptr;
}

} // namespace

stack_refusal::stack_refusal() : general_(sentence({ENOMEM, "memory"})) {}

std::exception_ptr stack_refusal::as_exception(const base::refusal& why) noexcept {
    kernel::guard hold(lock_);
    if (!last_error_ || last_.error != why.error || last_.call != why.call) {
        if (!memory_is_left()) {
            return general_;
        }
        try {
            last_error_ = sentence(why);
            last_ = why;
        } catch (const std::bad_alloc&) {
            return general_;
        }
    }
    return last_error_;
}

} // namespace weft::scheduler
