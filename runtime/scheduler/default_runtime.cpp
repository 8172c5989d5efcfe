// SPDX-License-Identifier: MIT
// It is never destroyed: static destructors may still start threads, and detached threads may still run when main returns, as with
// std::thread. The process's end takes the kernel threads along.
//
// In a child of fork() it is lost, as all runtimes (after_fork.hpp); the next thread starts another, and so does the next spawn where spawn found
// one in the parent.
//
// I1  default_core points to a started runtime, which stays, or is null.
#include "scheduler/default_runtime.hpp"
#include "kernel/lock.hpp"
#include "scheduler/runtime_core.hpp"
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace weft::scheduler {

namespace {

constexpr std::size_t default_stack_size = 256 * 1024; // code written for std::thread expects megabytes; address space is cheap

constinit kernel::lock starting;
constinit std::atomic<runtime_core*> default_core{nullptr}; // written under `starting`; see mo
constinit std::atomic<bool> inherited{false};               // atomic, see mo: a process that we come from by fork had one

[[noreturn]] void refuse(const char* variable, std::string_view value, const char* wanted) {
    throw bad_option("the environment variable " + std::string(variable) + " is '" + std::string(value) + "'; it must be " + wanted);
}

/// `otherwise` when the variable is not set.
std::size_t number_from(const char* variable, std::size_t otherwise, std::size_t least, std::size_t most, bool with_unit,
                        const char* wanted) {
    const char* set = std::getenv(variable);
    if (!set) {
        return otherwise;
    }
    const std::string_view text = set;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    unsigned shift = 0;
    if (with_unit && unit.size() == 1) {
        switch (unit.front()) {
        case 'k':
        case 'K':
            shift = 10;
            break;
        case 'm':
        case 'M':
            shift = 20;
            break;
        case 'g':
        case 'G':
            shift = 30;
            break;
        default:
            refuse(variable, text, wanted);
        }
        unit = {};
    }
    if (error != std::errc() || !unit.empty() || number > (most >> shift) || (number << shift) < least) {
        refuse(variable, text, wanted);
    }
    return number << shift;
}

} // namespace

runtime_options options_from_environment() {
    runtime_options o;
    o.workers = static_cast<unsigned>(number_from("WEFT_WORKERS", o.workers, 1, 1024, false, "a number of workers, 1 to 1024"));
    o.stack_size = number_from("WEFT_STACK_SIZE", default_stack_size, 16 * 1024, std::size_t{1} << 30, true,
                               "a number of bytes, 16K to 1G; K, M or G may follow");
    o.max_blocking = static_cast<unsigned>(number_from("WEFT_MAX_BLOCKING", o.max_blocking, 0, 32768, false, "a number of spare kernel threads, 0 to 32768"));
    o.pin_workers = number_from("WEFT_PIN_WORKERS", o.pin_workers ? 1 : 0, 0, 1, false, "0 or 1") == 1;
    if (const char* name = std::getenv("WEFT_NAME")) {
        if (*name == '\0') {
            refuse("WEFT_NAME", name, "a name for the kernel threads, and not empty");
        }
        o.name = name;
    }
    return o;
}

abi::runtime_core& default_runtime() {
    notice_fork();
    // mo: acquire -> the store below: the runtime is built and runs.
    if (runtime_core* core = default_core.load(std::memory_order_acquire)) {
        return *core;
    }
    kernel::guard hold(starting);
    // mo: relaxed: the lock orders it.
    if (runtime_core* core = default_core.load(std::memory_order_relaxed)) {
        return *core;
    }
    auto core = std::make_unique<runtime_core>(options_from_environment());
    core->start();
    // mo: release -> the load above.
    default_core.store(core.get(), std::memory_order_release);
    return *core.release();
}

bool parent_had_default_runtime() noexcept {
    notice_fork();
    // mo: relaxed: as in forget_default_runtime.
    return inherited.load(std::memory_order_relaxed);
}

void forget_default_runtime() noexcept {
    ::new (static_cast<void*>(&starting)) kernel::lock;
    // mo: relaxed, all three: the mark publishes them.
    if (default_core.load(std::memory_order_relaxed)) {
        inherited.store(true, std::memory_order_relaxed);
    }
    default_core.store(nullptr, std::memory_order_relaxed);
}

} // namespace weft::scheduler
