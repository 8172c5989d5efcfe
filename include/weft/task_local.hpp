// SPDX-License-Identifier: MIT
// task_local<T>: a variable of which every task has a value of its own, as every kernel thread has of a thread_local. A light task borrows
// its worker's thread_locals and may find others after each suspension; its task_locals go with it.
//
//   inline constinit weft::task_local<std::string> request_id;         // value-initialised in each task
//   inline constinit weft::task_local<int> depth([] { return 7; });    // or so
//   *request_id = "42";                                                 // this task's
//
// A value is made when its task first asks for it, and destroyed when the task's function has returned, before its joiner goes on: the
// youngest first, and on the task's own stack, so a destructor may do what the task might. A kernel thread that runs no task
// has a value of its own, too, destroyed among its thread_locals. Each value is its task's alone, so no access needs a lock.
#pragma once
#include <weft/abi.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace weft {

namespace abi {

/// Never the same twice, never 0.
[[nodiscard]] std::uint64_t new_local_number() noexcept;
/// The running task's (else the kernel thread's) value; null when it has none yet.
[[nodiscard]] void* find_local(std::uint64_t number) noexcept;
/// Gives it one. destroy may be null. Throws std::bad_alloc; then nothing has changed.
void add_local(std::uint64_t number, void* value, void (*destroy)(void*) noexcept);
/// Replaces the value that it has, or gives it one that nobody destroys. Throws std::bad_alloc only if it has none.
void set_local(std::uint64_t number, void* value);

} // namespace abi

template <class T>
class task_local {
    static_assert(std::is_object_v<T>, "weft::task_local holds objects");

  public:
    constexpr task_local() noexcept
        requires std::default_initializable<T>
    = default;
    /// Each task's value begins as initial() says.
    constexpr explicit task_local(T (*initial)()) noexcept : initial_(initial) {}
    task_local(const task_local&) = delete;
    task_local& operator=(const task_local&) = delete;

    /// The running task's value; makes it first if it must. The reference holds until the task ends. Does not suspend itself. Throws
    /// std::bad_alloc and what the initialisation throws; then the next call tries again.
    T& get() {
        const std::uint64_t mine = number();
        if (void* found = abi::find_local(mine)) {
            return *static_cast<T*>(found);
        }
        std::unique_ptr<T> made = make();
        abi::add_local(mine, const_cast<std::remove_cv_t<T>*>(made.get()),
                       [](void* value) noexcept { delete static_cast<T*>(value); });
        return *made.release();
    }
    T& operator*() { return get(); }
    T* operator->() { return std::addressof(get()); }

    /// Whether the running task has a value already.
    [[nodiscard]] bool has_value() const noexcept {
        // mo: relaxed: only the number counts.
        const std::uint64_t mine = number_.load(std::memory_order_relaxed);
        return mine != 0 && abi::find_local(mine) != nullptr;
    }

  private:
    std::unique_ptr<T> make() const {
        if constexpr (std::default_initializable<T>) {
            if (!initial_) {
                return std::make_unique<T>();
            }
        }
        return std::unique_ptr<T>(new T(initial_()));
    }

    /// Given on first use, so that a task_local can be constinit.
    std::uint64_t number() {
        // mo: relaxed, all three: only the number counts; whoever loses the exchange takes the winner's.
        std::uint64_t seen = number_.load(std::memory_order_relaxed);
        if (seen == 0) {
            const std::uint64_t fresh = abi::new_local_number();
            if (number_.compare_exchange_strong(seen, fresh, std::memory_order_relaxed, std::memory_order_relaxed)) {
                return fresh;
            }
        }
        return seen;
    }

    std::atomic<std::uint64_t> number_{0}; // atomic, see mo
    T (*initial_)() = nullptr;             // r/o
};

} // namespace weft
