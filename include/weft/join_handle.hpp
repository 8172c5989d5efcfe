// SPDX-License-Identifier: MIT
// join_handle<T>: the right to a spawned task's outcome, its value, or the exception it ended with.
//
// Like std::thread it must be joined or detached before it dies; unlike std::thread it brings back a value.
// Tasks wait by suspending, kernel threads that are not workers wait by blocking.
#pragma once
#include <weft/abi.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {

/// The value or the exception of a finished task. References travel as pointers.
template <class T>
struct outcome {
    using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;
    outcome() noexcept {}
    ~outcome() {}
    std::exception_ptr error;
    union {
        stored value;
    };

    template <class F>
    void fill(F&& f) {
        if constexpr (std::is_reference_v<T>) {
            auto&& referred = std::forward<F>(f)(); // named, since std::addressof refuses an rvalue
            value = std::addressof(referred);
        } else {
            ::new (const_cast<void*>(static_cast<const volatile void*>(std::addressof(value)))) T(std::forward<F>(f)());
        }
    }
    void destroy_value() noexcept {
        if constexpr (!std::is_reference_v<T>) {
            std::destroy_at(std::addressof(value));
        }
    }
    T take() {
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*value);
        } else {
            return std::move(value);
        }
    }
};

template <>
struct outcome<void> {
    std::exception_ptr error;
    template <class F>
    void fill(F&& f) {
        std::forward<F>(f)();
    }
    void destroy_value() noexcept {}
};

/// The table of a task that can be joined for a T.
template <class T>
struct joinable_operations : task_operations {
    outcome<T>& (*outcome_of)(task&) noexcept;
    void (*destroy)(task&) noexcept; ///< ends the life of everything in the storage but the value
};

/// What a task's storage holds: the callable until it has run, and its outcome. The callable is built in place (one
/// copy or move in all) and destroyed by the task when it has run.
template <class F, class T>
struct closure {
    union {
        F f;
    };
    outcome<T> out;

    template <class G>
    explicit closure(G&& g) : f(std::forward<G>(g)) {}
    ~closure() {}

    static constexpr bool fits = sizeof(F) + sizeof(outcome<T>) <= task_storage_size && alignof(F) <= 8 &&
                                 alignof(outcome<T>) <= 8;

    template <class G>
    static void build_in(task& t, G&& g) {
        if constexpr (fits) {
            static_assert(sizeof(closure) <= task_storage_size);
            ::new (static_cast<void*>(t.storage)) closure(std::forward<G>(g));
        } else {
            auto* made = new closure(std::forward<G>(g));
            ::new (static_cast<void*>(t.storage)) closure*(made);
        }
    }
    static closure& of(task& t) noexcept {
        if constexpr (fits) {
            return *std::launder(reinterpret_cast<closure*>(t.storage));
        } else {
            return **std::launder(reinterpret_cast<closure**>(t.storage));
        }
    }
    /// Ends the life of everything in the storage but the value, which the caller has seen to.
    static void destroy(task& t) noexcept {
        closure* c = &of(t);
        if constexpr (fits) {
            std::destroy_at(&c->out);
        } else {
            std::destroy_at(&c->out);
            delete c;
        }
    }

    static void run(task& t) noexcept {
        closure& c = of(t);
        try {
            c.out.fill([&c]() -> T { return std::invoke(std::move(c.f)); });
        } catch (...) {
            c.out.error = std::current_exception();
        }
        std::destroy_at(&c.f);
    }
    static void fail(task& t, std::exception_ptr why) noexcept {
        closure& c = of(t);
        std::destroy_at(&c.f);
        c.out.error = std::move(why);
    }
    static std::exception_ptr discard(task& t) noexcept {
        closure& c = of(t);
        std::exception_ptr error = std::move(c.out.error);
        if (!error) {
            c.out.destroy_value();
        }
        destroy(t);
        return error;
    }
    static outcome<T>& outcome_of(task& t) noexcept { return of(t).out; }
    static constexpr joinable_operations<T> operations{{&run, &fail, &discard}, &outcome_of, &destroy};
};

} // namespace abi

/// The right to join one task. Move-only. Not for use by two threads at once.
template <class T>
class [[nodiscard]] join_handle {
  public:
    join_handle() noexcept = default;
    join_handle(join_handle&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
    /// Panics when this handle is joinable, as std::thread's does.
    join_handle& operator=(join_handle&& other) noexcept {
        if (task_) {
            abi::joinable_handle_lost(task_);
        }
        task_ = std::exchange(other.task_, nullptr);
        return *this;
    }
    ~join_handle() {
        if (task_) {
            abi::joinable_handle_lost(task_);
        }
    }

    [[nodiscard]] bool joinable() const noexcept { return task_ != nullptr; }

    /// The task's id, 0 when not joinable.
    [[nodiscard]] std::uint64_t id() const noexcept { return task_ ? task_->id : 0; }

    /// True when join() would not wait.
    [[nodiscard]] bool done() const noexcept { return task_ && abi::is_done(task_); }

    /// Waits for the task and returns its value or rethrows its exception. Suspends a task; blocks a foreign kernel
    /// thread. Throws std::system_error: invalid_argument when not joinable, resource_deadlock_would_occur when a
    /// task joins itself.
    T join() {
        require_joinable();
        if (!abi::is_done(task_)) {
            abi::await_task(task_);
        }
        return take();
    }

    /// As join() when the task is done, else empty at once (for void: false). Never suspends.
    auto try_join() {
        require_joinable();
        if constexpr (std::is_void_v<T>) {
            if (!abi::is_done(task_)) {
                return false;
            }
            take();
            return true;
        } else if constexpr (std::is_reference_v<T>) {
            using pointer = std::remove_reference_t<T>*;
            if (!abi::is_done(task_)) {
                return pointer(nullptr);
            }
            auto&& referred = take();
            return pointer(std::addressof(referred));
        } else {
            if (!abi::is_done(task_)) {
                return std::optional<T>{};
            }
            return std::optional<T>{take()};
        }
    }

    /// Lets the task run on without us. Its value is dropped; an exception that leaves it ends the program.
    /// Throws std::system_error (invalid_argument) when not joinable.
    void detach() {
        require_joinable();
        abi::detach_task(std::exchange(task_, nullptr));
    }

    void swap(join_handle& other) noexcept {
        std::swap(task_, other.task_);
    }

    /// For weft's own templates: takes over a started task, whose operations are joinable_operations<T>.
    explicit join_handle(abi::task* started) noexcept : task_(started) {}

  private:
    void require_joinable() const {
        if (!task_) {
            throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                    "weft::join_handle: nothing to join (already joined, detached or moved from)");
        }
    }

    static const abi::joinable_operations<T>& operations_of(const abi::task& t) noexcept {
        return static_cast<const abi::joinable_operations<T>&>(*t.operations);
    }

    /// Frees the descriptor whichever way take() is left.
    struct releaser {
        abi::task* t;
        bool has_value;
        ~releaser() {
            const auto& operations = operations_of(*t);
            if (has_value) {
                operations.outcome_of(*t).destroy_value();
            }
            operations.destroy(*t);
            abi::release_task(t);
        }
    };

    T take() {
        abi::task* t = std::exchange(task_, nullptr);
        abi::outcome<T>& out = operations_of(*t).outcome_of(*t);
        std::exception_ptr error = std::move(out.error);
        releaser r{t, error == nullptr};
        if (error) {
            std::rethrow_exception(std::move(error));
        }
        if constexpr (!std::is_void_v<T>) {
            return out.take();
        }
    }

    abi::task* task_ = nullptr; // null: not joinable
};

} // namespace weft
