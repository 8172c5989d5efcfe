// SPDX-License-Identifier: MIT
// The compiled half of weft/kernel_thread.hpp: errors become std::system_error here, at the public edge.
#include "base/throw_errno.hpp"
#include "kernel/features.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <sys/resource.h>
#include <weft/kernel_thread.hpp>

namespace weft {

namespace {

/// As pthread_create chooses: the soft stack limit, 2 MiB when there is none.
std::size_t default_stack_size() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return 2 * 1024 * 1024;
    }
    return std::clamp<std::size_t>(limit.rlim_cur, kernel::smallest_thread_stack, std::size_t{1} << 30);
}

[[noreturn]] void refuse(const base::refusal& why, const kernel_thread_attributes& how, std::size_t stack_size) {
    std::string text = "weft::kernel_thread: ";
    switch (why.error) {
    case EAGAIN:
        text += "the kernel allows no more threads (see RLIMIT_NPROC, pids.max of the cgroup, kernel.threads-max)";
        break;
    case ENOMEM:
        text += "no memory for a thread with a stack of " + std::to_string(stack_size) +
                " bytes (see RLIMIT_AS, vm.max_map_count, vm.overcommit_memory)";
        break;
    case EINVAL:
        if (stack_size < kernel::smallest_thread_stack) {
            text += "a stack of " + std::to_string(stack_size) + " bytes is too small; at least " +
                    std::to_string(kernel::smallest_thread_stack) + " are needed";
        } else if (!how.cpus.empty()) {
            text += "none of the CPUs asked for can be used (affinity mask, cpuset)";
        } else {
            text += why.call;
        }
        break;
    default:
        text += why.call;
    }
    base::throw_errno(why.error, text + " [" + why.call + "]");
}

std::error_code code(std::errc which) noexcept {
    return std::make_error_code(which);
}

} // namespace

namespace abi {

void* start_kernel_thread(const kernel_thread_attributes& how, void (*run)(void*), void* argument) {
    kernel::thread_options options;
    options.stack_size = how.stack_size != 0 ? how.stack_size : default_stack_size();
    options.name = how.name.empty() ? nullptr : how.name.c_str();
    options.cpus = how.cpus;
    auto started = kernel::start_thread(run, argument, options);
    if (!started) {
        refuse(started.why(), how, options.stack_size);
    }
    return started.value();
}

void join_kernel_thread(void* record) {
    auto* t = static_cast<kernel::thread*>(record);
    if (t == kernel::this_thread()) {
        throw std::system_error(code(std::errc::resource_deadlock_would_occur),
                                "weft::kernel_thread::join: a thread cannot wait for itself");
    }
    kernel::join_thread(t);
}

void detach_kernel_thread(void* record) noexcept {
    kernel::detach_thread(static_cast<kernel::thread*>(record));
}

std::uint64_t kernel_thread_number(const void* record) noexcept {
    return kernel::number_of(static_cast<const kernel::thread*>(record));
}

std::uint64_t this_kernel_thread_number() noexcept {
    if (const kernel::thread* t = kernel::this_thread()) {
        return kernel::number_of(t);
    }
    static thread_local const std::uint64_t number = kernel::next_thread_number();
    return number;
}

pid_t kernel_thread_tid(const void* record) noexcept {
    return kernel::tid_of(static_cast<const kernel::thread*>(record));
}

} // namespace abi

void kernel_thread::join() {
    if (!joinable()) {
        throw std::system_error(code(std::errc::invalid_argument),
                                "weft::kernel_thread::join: nothing to join (already joined, detached or moved from)");
    }
    abi::join_kernel_thread(record_);
    record_ = nullptr;
}

void kernel_thread::detach() {
    if (!joinable()) {
        throw std::system_error(code(std::errc::invalid_argument),
                                "weft::kernel_thread::detach: nothing to detach (already joined, detached or moved from)");
    }
    abi::detach_kernel_thread(std::exchange(record_, nullptr));
}

unsigned kernel_thread::hardware_concurrency() noexcept {
    return kernel::usable_cpus();
}

pid_t this_kernel_thread::native_id() noexcept {
    return static_cast<pid_t>(kernel::system_call(SYS_gettid));
}

} // namespace weft
