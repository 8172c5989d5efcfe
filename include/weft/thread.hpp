// SPDX-License-Identifier: MIT
// thread, jthread, this_thread: std's interface on tasks.
//
// A thread is a task of the runtime that its creator belongs to; for a creator that is no task, of the oldest runtime that lives. When
// there is none, the first thread starts the default runtime, which lives until the process ends:
//
//   WEFT_WORKERS=4  WEFT_STACK_SIZE=512K  WEFT_NAME=loom  WEFT_PIN_WORKERS=1  WEFT_MAX_BLOCKING=64
//
// set its options (bytes, or K, M, G; 0 or 1). Its stacks are 256 KiB when nothing is said. A value that cannot be meant is a bad_option.
//
// A thread has thread_locals, errno, a locale, pthread key values and an identity for std::mutex of its own, and keeps them when it moves to
// another kernel thread (docs/glibc.md, threads without a kernel thread: what follows and what it costs). In a sanitizer build it borrows
// those of its worker.
//
// What differs from std::thread: a stack and a TLS block are taken when the thread first runs, so a kernel that refuses them ends the program
// then, with a sentence; and a thread that computes without calling weft keeps its worker, so with one worker it holds up all others, and
// with n workers n such threads do.
#pragma once
#include <weft/abi.hpp>
#include <weft/error.hpp>
#include <weft/stop_token.hpp>
#include <weft/this_task.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {

/// As make_task(nullptr), but starts the default runtime when there is no other. Throws bad_option, std::system_error, std::bad_alloc.
task* make_thread_task();
/// Waits for the end and frees the descriptor. Throws std::system_error (resource_deadlock_would_occur).
void join_thread(task* t);
/// From a catch block: an exception has left the thread's function. std::terminate, with the thread's name.
[[noreturn]] void thread_left_by_exception(const task& t) noexcept;
/// The kernel refused a stack to a thread that was already started.
[[noreturn]] void thread_without_stack(const task& t, std::exception_ptr why) noexcept;
/// std::terminate, after a sentence.
[[noreturn]] void joinable_thread_lost(const task* t) noexcept;
[[noreturn]] void throw_not_joinable(const char* function);

/// The callable and its arguments, built in place in the task's storage or, when they are large, on the heap: one copy or move each.
template <class... Parts>
struct thread_call {
    using parts = std::tuple<Parts...>;
    static constexpr bool fits = sizeof(parts) <= task_storage_size && alignof(parts) <= 8;

    template <class... From>
    static void build_in(task& t, From&&... from) {
        if constexpr (fits) {
            ::new (static_cast<void*>(t.storage)) parts(std::forward<From>(from)...);
        } else {
            ::new (static_cast<void*>(t.storage)) parts*(new parts(std::forward<From>(from)...));
        }
    }
    static parts& of(task& t) noexcept {
        if constexpr (fits) {
            return *std::launder(reinterpret_cast<parts*>(t.storage));
        } else {
            return **std::launder(reinterpret_cast<parts**>(t.storage));
        }
    }
    static void destroy(task& t) noexcept {
        if constexpr (fits) {
            std::destroy_at(&of(t));
        } else {
            delete &of(t);
        }
    }
    static void run(task& t) noexcept {
        try {
            std::apply([](Parts&... each) { static_cast<void>(std::invoke(std::move(each)...)); }, of(t));
        } catch (...) {
            thread_left_by_exception(t);
        }
        destroy(t);
    }
    static void fail(task& t, std::exception_ptr why) noexcept { thread_without_stack(t, std::move(why)); }
    static constexpr task_operations operations{&run, &fail};
};

template <class F, class... Args>
task* start_thread(F&& f, Args&&... args) {
    using call = thread_call<std::decay_t<F>, std::decay_t<Args>...>;
    task* t = make_thread_task();
    try {
        call::build_in(*t, std::forward<F>(f), std::forward<Args>(args)...);
    } catch (...) {
        abandon_task(t);
        throw;
    }
    t->operations = &call::operations;
    start_task(t);
    return t;
}

} // namespace abi

class thread {
  public:
    /// Names a thread, a task or a kernel thread that runs none; never used again in the life of the process.
    class id {
      public:
        constexpr id() noexcept = default;
        /// For weft's own functions.
        constexpr explicit id(std::uint64_t number) noexcept : number_(number) {}
        [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }

      private:
        std::uint64_t number_ = 0; // 0: no thread
    };
    using native_handle_type = abi::task*;

    thread() noexcept = default;

    /// Runs f(args...), each decay-copied once here, in a new thread. Does not suspend. Synchronises with the start of f. An exception that
    /// leaves f ends the program. Throws what the copies throw, std::bad_alloc, and for the default runtime bad_option and
    /// std::system_error (resource_unavailable_try_again).
    template <class F, class... Args>
        requires(!std::is_same_v<std::remove_cvref_t<F>, thread>)
    explicit thread(F&& f, Args&&... args) {
        static_assert(std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>,
                      "weft::thread: the arguments, as rvalues, do not fit the callable");
        task_ = abi::start_thread(std::forward<F>(f), std::forward<Args>(args)...);
    }
    thread(const thread&) = delete;
    thread(thread&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
    thread& operator=(const thread&) = delete;
    /// Ends the program (std::terminate) when this object is joinable, as the destructor does.
    thread& operator=(thread&& other) noexcept {
        if (task_) {
            abi::joinable_thread_lost(task_);
        }
        task_ = std::exchange(other.task_, nullptr);
        return *this;
    }
    ~thread() {
        if (task_) {
            abi::joinable_thread_lost(task_);
        }
    }

    void swap(thread& other) noexcept { std::swap(task_, other.task_); }
    [[nodiscard]] bool joinable() const noexcept { return task_ != nullptr; }

    /// Waits for the thread's end: suspends a task, blocks a foreign kernel thread. Synchronises with the end. Throws std::system_error:
    /// invalid_argument when not joinable, resource_deadlock_would_occur when the thread joins itself.
    void join() {
        if (!task_) {
            abi::throw_not_joinable("join");
        }
        abi::join_thread(task_);
        task_ = nullptr;
    }
    /// Lets it end alone. Never waits. Throws std::system_error (invalid_argument) when not joinable.
    void detach() {
        if (!task_) {
            abi::throw_not_joinable("detach");
        }
        abi::detach_task(std::exchange(task_, nullptr));
    }
    [[nodiscard]] id get_id() const noexcept { return task_ ? id(task_->id) : id(); }
    /// The task behind it, for debuggers; null when not joinable.
    [[nodiscard]] native_handle_type native_handle() noexcept { return task_; }
    /// CPUs that this process may use: the affinity mask bounded by the cgroup's quota.
    [[nodiscard]] static unsigned hardware_concurrency() noexcept;

  private:
    abi::task* task_ = nullptr; // null: not joinable
};

inline void swap(thread& a, thread& b) noexcept {
    a.swap(b);
}

// Not hidden: std's are found for whatever converts to an id.
[[nodiscard]] constexpr bool operator==(thread::id a, thread::id b) noexcept {
    return a.number() == b.number();
}
[[nodiscard]] constexpr std::strong_ordering operator<=>(thread::id a, thread::id b) noexcept {
    return a.number() <=> b.number();
}

/// The same text for equal ids and another for different ones, whatever the stream's flags.
template <class Char, class Traits>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, thread::id which) {
    const std::string digits = std::to_string(which.number());
    return out << std::basic_string<Char, Traits>(digits.begin(), digits.end());
}

/// A thread that is asked to stop and joined by its destructor.
class jthread {
  public:
    using id = thread::id;
    using native_handle_type = thread::native_handle_type;

    jthread() noexcept : stop_(nostopstate) {}

    /// As thread's; f gets a stop_token first when it takes one.
    template <class F, class... Args>
        requires(!std::is_same_v<std::remove_cvref_t<F>, jthread>)
    explicit jthread(F&& f, Args&&... args) {
        if constexpr (std::is_invocable_v<std::decay_t<F>, stop_token, std::decay_t<Args>...>) {
            thread_ = thread(std::forward<F>(f), stop_.get_token(), std::forward<Args>(args)...);
        } else {
            thread_ = thread(std::forward<F>(f), std::forward<Args>(args)...);
        }
    }
    jthread(const jthread&) = delete;
    jthread(jthread&&) noexcept = default;
    jthread& operator=(const jthread&) = delete;
    /// Requests a stop of the thread that it has, and joins it.
    jthread& operator=(jthread&& other) noexcept {
        if (this != &other) {
            stop_and_join();
            thread_ = std::move(other.thread_);
            stop_ = std::move(other.stop_);
        }
        return *this;
    }
    /// Suspends a task, blocks a foreign kernel thread, until the thread has ended.
    ~jthread() { stop_and_join(); }

    void swap(jthread& other) noexcept {
        thread_.swap(other.thread_);
        stop_.swap(other.stop_);
    }
    [[nodiscard]] bool joinable() const noexcept { return thread_.joinable(); }
    void join() { thread_.join(); }
    void detach() { thread_.detach(); }
    [[nodiscard]] id get_id() const noexcept { return thread_.get_id(); }
    [[nodiscard]] native_handle_type native_handle() noexcept { return thread_.native_handle(); }

    [[nodiscard]] stop_source get_stop_source() noexcept { return stop_; }
    [[nodiscard]] stop_token get_stop_token() const noexcept { return stop_.get_token(); }
    bool request_stop() noexcept { return stop_.request_stop(); }

    friend void swap(jthread& a, jthread& b) noexcept { a.swap(b); }
    [[nodiscard]] static unsigned hardware_concurrency() noexcept { return thread::hardware_concurrency(); }

  private:
    void stop_and_join() noexcept {
        if (joinable()) {
            request_stop();
            join();
        }
    }

    stop_source stop_;
    thread thread_;
};

namespace this_thread {

/// The running thread's or task's id, else the kernel thread's. Does not suspend.
[[nodiscard]] inline thread::id get_id() noexcept {
    return thread::id(abi::agent_number());
}

using weft::sleep_for;
using weft::sleep_until;
using weft::yield;

} // namespace this_thread

} // namespace weft

template <>
struct std::hash<weft::thread::id> {
    [[nodiscard]] std::size_t operator()(weft::thread::id which) const noexcept {
        return std::hash<std::uint64_t>{}(which.number());
    }
};
