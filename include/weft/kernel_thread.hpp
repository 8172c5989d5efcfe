// SPDX-License-Identifier: MIT
// kernel_thread: std::thread's interface on a kernel thread that weft makes itself by clone(2), without pthreads.
//
// Ordinary code runs in it as on any other thread: malloc, iostreams, exceptions, thread_local, std::mutex, dlopen.
// What does not work, because glibc does not know these threads as its own: pthread_join, pthread_detach and pthread_cancel on
// them, and setuid() and its relatives do not reach them (docs/edges.md).
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <sys/types.h>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

/// What a kernel thread is made with, beside what it runs.
struct kernel_thread_attributes {
    std::size_t stack_size = 0;      ///< bytes; 0: the soft RLIMIT_STACK (2 MiB when that is unlimited); at least 16 KiB
    std::string name = {};           ///< shown by ps, top and gdb; at most 15 bytes are kept; empty: the creator's
    std::vector<unsigned> cpus = {}; ///< CPUs it may run on; empty: the creator's
};

namespace abi {
/// Starts run(argument) on a new kernel thread. Throws std::system_error when the attributes or the kernel do not allow it;
/// then run was not called.
void* start_kernel_thread(const kernel_thread_attributes& how, void (*run)(void*), void* argument);
void join_kernel_thread(void* record);
void detach_kernel_thread(void* record) noexcept;
std::uint64_t kernel_thread_number(const void* record) noexcept;
std::uint64_t this_kernel_thread_number() noexcept;
pid_t kernel_thread_tid(const void* record) noexcept;
} // namespace abi

class kernel_thread {
  public:
    /// Names a kernel thread; unique in the process's life (kernel thread ids are used again, these are not). 0: none.
    class id {
      public:
        constexpr id() noexcept = default;
        friend constexpr bool operator==(id a, id b) noexcept { return a.number_ == b.number_; }
        friend constexpr std::strong_ordering operator<=>(id a, id b) noexcept { return a.number_ <=> b.number_; }
        template <class Char, class Traits>
        friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, id which) {
            return out << which.number_;
        }

      private:
        friend class kernel_thread;
        friend struct std::hash<id>;
        friend id this_kernel_thread_id() noexcept;
        explicit constexpr id(std::uint64_t number) noexcept : number_(number) {}
        std::uint64_t number_ = 0;
    };
    using native_handle_type = pid_t;
    using attributes = kernel_thread_attributes;

    kernel_thread() noexcept = default;

    /// Runs f(args...), decay-copied, on a new kernel thread. Throws std::system_error when the kernel refuses
    /// (resource_unavailable_try_again: limits; not_enough_memory) and what the copies throw. An exception that leaves f ends the
    /// program. Synchronises with the start of f.
    template <class F, class... Args>
        requires(!std::is_same_v<std::remove_cvref_t<F>, kernel_thread> &&
                 !std::is_same_v<std::remove_cvref_t<F>, kernel_thread_attributes>)
    explicit kernel_thread(F&& f, Args&&... args)
        : kernel_thread(kernel_thread_attributes{}, std::forward<F>(f), std::forward<Args>(args)...) {}

    /// The same with attributes. Besides: invalid_argument for a stack below 16 KiB or CPUs that do not exist.
    template <class F, class... Args>
    kernel_thread(const kernel_thread_attributes& how, F&& f, Args&&... args) {
        static_assert(std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>,
                      "weft::kernel_thread: the arguments do not fit the callable");
        using state = std::tuple<std::decay_t<F>, std::decay_t<Args>...>;
        auto call = std::make_unique<state>(std::forward<F>(f), std::forward<Args>(args)...);
        record_ = abi::start_kernel_thread(how, &run<state>, call.get());
        call.release(); // the thread's now
    }

    kernel_thread(kernel_thread&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    /// Ends the program (std::terminate) when this object is joinable, as std::thread's.
    kernel_thread& operator=(kernel_thread&& other) noexcept {
        if (joinable()) {
            std::terminate();
        }
        record_ = std::exchange(other.record_, nullptr);
        return *this;
    }
    ~kernel_thread() {
        if (joinable()) {
            std::terminate();
        }
    }

    [[nodiscard]] bool joinable() const noexcept { return record_ != nullptr; }

    /// Blocks the kernel thread until the other has ended, its thread_local destructors included. Throws std::system_error:
    /// invalid_argument when not joinable, resource_deadlock_would_occur when a thread joins itself. Synchronises with its end.
    void join();

    /// Lets it end alone. Throws std::system_error (invalid_argument) when not joinable.
    void detach();

    [[nodiscard]] id get_id() const noexcept { return id(record_ ? abi::kernel_thread_number(record_) : 0); }

    /// The kernel's thread id (gettid(2)); 0 when not joinable. The kernel may use the number again once the thread has ended.
    [[nodiscard]] native_handle_type native_handle() const noexcept {
        return record_ ? abi::kernel_thread_tid(record_) : 0;
    }

    /// CPUs that this process may use: the affinity mask bounded by the cgroup's quota.
    [[nodiscard]] static unsigned hardware_concurrency() noexcept;

    void swap(kernel_thread& other) noexcept { std::swap(record_, other.record_); }
    friend void swap(kernel_thread& a, kernel_thread& b) noexcept { a.swap(b); }

  private:
    template <class State>
    static void run(void* argument) {
        std::unique_ptr<State> call(static_cast<State*>(argument));
        std::apply([](auto&&... parts) { std::invoke(std::move(parts)...); }, std::move(*call));
    }

    void* record_ = nullptr; // null: not joinable
};

/// The calling kernel thread's id; main and foreign threads have one too.
[[nodiscard]] inline kernel_thread::id this_kernel_thread_id() noexcept {
    return kernel_thread::id(abi::this_kernel_thread_number());
}

namespace this_kernel_thread {
[[nodiscard]] inline kernel_thread::id get_id() noexcept { return this_kernel_thread_id(); }
/// The kernel's thread id of the caller, as gettid(2).
[[nodiscard]] pid_t native_id() noexcept;
} // namespace this_kernel_thread

} // namespace weft

template <>
struct std::hash<weft::kernel_thread::id> {
    std::size_t operator()(weft::kernel_thread::id which) const noexcept {
        return std::hash<std::uint64_t>{}(which.number_);
    }
};
