// SPDX-License-Identifier: MIT
// scope: children that are done when it is left. Whoever reads the block knows that nothing of it runs on behind it.
//
//   int n = weft::with_scope([&](weft::scope& s) {                 or      weft::scope s;
//       s.spawn([&] { left = count(a); });                                s.spawn(f);
//       s.spawn([&](weft::stop_token t) { right = count(b, t); });        s.join();
//       return 2;
//   });
//
// The first exception, of a child or of with_scope's function, requests a stop; when all children are done it is rethrown by join(), or
// out of with_scope; those that came after it are kept (others()).
// A scope that is made inside another's child, or inside another's block, is nested: a stop of the outer one is a stop of the inner one,
// and its deadline ends no later. A deadline that comes requests a stop; whether that is an error is for the reader to say (timed_out()).
// A stop is a request: a child sees it by its token, which any wait of weft takes that can be stopped.
//
// A scope belongs to the task or kernel thread that made it, which also leaves it; scopes are left in the opposite order. Any child may
// spawn into it. Children are light tasks; their callables, their outcomes and their task_locals are gone when join() returns.
#pragma once
#include <weft/abi.hpp>
#include <weft/fork_join.hpp>
#include <weft/stop_token.hpp>
#include <weft/this_task.hpp>
#include <weft/wait_group.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

class scope;

struct scope_options {
    /// When to request a stop; with none, the enclosing scope's.
    std::optional<std::chrono::steady_clock::time_point> deadline = {};
    /// One more reason to stop, beside the enclosing scope.
    stop_token stop = {};
};

namespace abi {

/// Begins a child: its task belongs to `home`. Throws what make_task throws.
task* make_child(scope& home);
void child_failed(scope& home, std::exception_ptr why) noexcept;
/// The running task, which is nobody's child, is in `home`. Throws std::bad_alloc.
void enter_scope(scope& home);
void tell_scope(void* home, std::ptrdiff_t ended) noexcept;
/// The scope in which a job of the running task's list was forked.
[[nodiscard]] scope* scope_of_job(const job_list& list, const job& j) noexcept;
/// A child that was not started.
void abandon_child(scope& home, task* t) noexcept;

/// Whose child the task is.
[[nodiscard]] inline scope& home_of(const task& child) noexcept {
    return *static_cast<scope*>(group_of(child));
}

/// What a child's task holds: a pointer to the scope, and behind it the callable when it fits, else a pointer to that. One copy or move of
/// f in all.
template <class F>
struct scope_child {
    static constexpr bool fits = sizeof(void*) + sizeof(F) <= task_storage_size && alignof(F) <= 8;

    static std::byte* room(task& t) noexcept { return t.storage + sizeof(void*); }

    template <class G>
    static void build_in(task& t, scope& s, G&& g) {
        ::new (static_cast<void*>(t.storage)) void*(&s);
        if constexpr (fits) {
            ::new (static_cast<void*>(room(t))) F(std::forward<G>(g));
        } else {
            ::new (static_cast<void*>(room(t))) F*(new F(std::forward<G>(g)));
        }
    }
    static F& of(task& t) noexcept {
        if constexpr (fits) {
            return *std::launder(reinterpret_cast<F*>(room(t)));
        } else {
            return **std::launder(reinterpret_cast<F**>(room(t)));
        }
    }
    static void destroy(task& t) noexcept {
        if constexpr (fits) {
            std::destroy_at(&of(t));
        } else {
            delete &of(t);
        }
    }

    static void run(task& t) noexcept;
    static void fail(task& t, std::exception_ptr why) noexcept {
        destroy(t);
        child_failed(home_of(t), std::move(why));
    }
    static constexpr task_operations operations{.run = &run, .fail = &fail, .tell_group = &tell_scope};
};

} // namespace abi

class scope {
  public:
    /// Nested in the scope that the caller is in, if it is in one. With a deadline that ends before the outer one's it makes a task that
    /// watches it. Does not suspend. Throws std::bad_alloc, and with a deadline no_runtime.
    explicit scope(const scope_options& options = {});
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    /// A scope that has not been joined, since an exception passes by: requests a stop and waits for the children, whose exceptions go
    /// lost then. Left in another way with an exception that nobody has seen it panics.
    ~scope();

    /// f() or f(stop_token) as a child. f is copied or moved once. Does not suspend. Throws no_runtime, std::bad_alloc, and what f's copy
    /// or move throws; then there is no child. From the owner before join() has returned, or from a child.
    template <class F>
    void spawn(F&& f) {
        using callable = std::decay_t<F>;
        static_assert(std::is_invocable_v<callable, stop_token> || std::is_invocable_v<callable>,
                      "weft::scope::spawn wants something callable without arguments or with a stop_token");
        abi::task* t = abi::make_child(*this);
        try {
            abi::scope_child<callable>::build_in(*t, *this, std::forward<F>(f));
        } catch (...) {
            abi::abandon_child(*this, t);
            throw;
        }
        t->operations = &abi::scope_child<callable>::operations;
        abi::start_task(t);
    }

    /// Lazy children: f() or f(stop_token), perhaps side by side as by fork_join, and returns when all have ended. An exception counts as a
    /// child's: it requests the stop, and join() rethrows it. What has not begun when the stop is requested is not called.
    /// Suspends as fork_join does. From the owner or from a child.
    template <class... F>
    void fork(F&&... f) {
        if constexpr (sizeof...(F) != 0) {
            fork_join([this, &f] { run_forked(f); }...);
        }
    }

    /// Waits until every child is done, also those that children spawn meanwhile. Then rethrows the first exception, once. Suspends a task,
    /// blocks a foreign kernel thread. Synchronises with the children's ends.
    void join();

    [[nodiscard]] stop_token get_token() const noexcept { return source_.get_token(); }
    [[nodiscard]] bool stop_requested() const noexcept { return source_.stop_requested(); }
    /// Asks the children, and the scopes inside, to end early. Runs the callbacks of the tokens here.
    void request_stop() noexcept { source_.request_stop(); }

    /// The earliest of its own and of the scopes around it; none: never.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept { return deadline_; }
    /// The stop was requested because the time was up, of this scope or one around it.
    [[nodiscard]] bool timed_out() const noexcept;

    /// Exceptions that came after the first, in their order. After join() only.
    [[nodiscard]] const std::vector<std::exception_ptr>& others() const noexcept { return others_; }
    /// Of those, how many were lost since there was no memory to keep them.
    [[nodiscard]] std::size_t lost() const noexcept { return lost_; }

    /// As if a child had ended by it.
    void fail(std::exception_ptr why) noexcept { abi::child_failed(*this, std::move(why)); }

  private:
    friend abi::task* abi::make_child(scope&);
    friend void abi::child_failed(scope&, std::exception_ptr) noexcept;
    friend void abi::tell_scope(void*, std::ptrdiff_t) noexcept;
    friend void abi::abandon_child(scope&, abi::task*) noexcept;
    friend scope* abi::scope_of_job(const abi::job_list&, const abi::job&) noexcept;

    struct failure {
        std::exception_ptr why;
        failure* next;
    };
    struct pass_on {
        stop_source to;
        void operator()() noexcept { to.request_stop(); }
    };

    template <class F>
    void run_forked(F& f) noexcept {
        if (stop_requested()) {
            return;
        }
        try {
            if constexpr (std::is_invocable_v<F&, stop_token>) {
                std::invoke(f, get_token());
            } else {
                std::invoke(f);
            }
        } catch (...) {
            fail(std::current_exception());
        }
    }
    void watch();
    void end_watch() noexcept;
    void collect() noexcept;
    inline void count_child(const abi::task* by) noexcept; // in scope.cpp, for it alone
    void return_credit() noexcept;

    stop_source source_;
    scope* const outer_;                                             // r/o
    const abi::job_list* const jobs_;                                // r/o: its maker's, when it was made
    const abi::job* const newest_job_;                               // r/o: of those
    std::optional<std::chrono::steady_clock::time_point> deadline_;  // r/o after construction
    wait_group children_;
    const abi::task* const maker_;                                   // r/o: the task that made it, if it was one
    std::ptrdiff_t credit_ = 0;                                      // owner: the maker: counted in children_ in advance
    std::atomic<bool> failed_{false};           // atomic, see mo: whoever sets it owns first_
    std::exception_ptr first_;                  // owner: that one; after children_.wait() the joiner
    std::atomic<failure*> failures_{nullptr};   // atomic, see mo: the others, youngest first
    std::atomic<std::size_t> lost_{0};          // atomic, relaxed: read after children_.wait()
    std::vector<std::exception_ptr> others_;    // owner: the joiner
    std::atomic<bool> time_is_up_{false};       // atomic, see mo
    bool watched_ = false;                      // owner: the maker
    wait_group over_{1};                        // done when nobody need watch the deadline any more
    wait_group watchers_;                       // done when nobody does
    const int uncaught_;                        // r/o: exceptions under way when it was made
    std::optional<stop_callback<pass_on>> outer_stop_; // last: gone before what they call
    std::optional<stop_callback<pass_on>> other_stop_;
};

template <class F>
void abi::scope_child<F>::run(task& t) noexcept {
    try {
        if constexpr (std::is_invocable_v<F, stop_token>) {
            std::invoke(std::move(of(t)), home_of(t).get_token());
        } else {
            std::invoke(std::move(of(t)));
        }
    } catch (...) {
        child_failed(home_of(t), std::current_exception());
    }
    destroy(t);
}

/// f(scope&) in a scope of its own; returns what f returns when every child is done. An exception of f counts as a child's.
template <class F>
    requires std::is_invocable_v<F, scope&>
auto with_scope(const scope_options& options, F&& f) {
    using value = std::invoke_result_t<F, scope&>;
    static_assert(!std::is_reference_v<value>, "weft::with_scope returns values: what a reference names may end with the scope");
    scope s(options);
    std::exception_ptr own;
    const auto leave = [&s, &own] {
        s.join(); // the first exception, unless the function has seen it and let it through
        if (own) {
            std::rethrow_exception(std::move(own));
        }
    };
    if constexpr (std::is_void_v<value>) {
        try {
            std::invoke(std::forward<F>(f), s);
        } catch (...) {
            own = std::current_exception();
            s.fail(own);
        }
        leave();
    } else {
        std::optional<value> result;
        try {
            result.emplace(std::invoke(std::forward<F>(f), s));
        } catch (...) {
            own = std::current_exception();
            s.fail(own);
        }
        leave();
        return value(std::move(*result));
    }
}
template <class F>
    requires std::is_invocable_v<F, scope&>
auto with_scope(F&& f) {
    return with_scope(scope_options{}, std::forward<F>(f));
}

} // namespace weft
