// SPDX-License-Identifier: MIT
// async: std's, on tasks. A call with launch::async is a thread (weft/thread.hpp): it starts the default runtime when there is none.
#pragma once
#include <weft/shared_future.hpp>
#include <weft/thread.hpp>

#include <functional>
#include <optional>
#include <system_error>
#include <tuple>

namespace weft {

namespace abi {

[[noreturn]] void throw_no_policy();

/// A call and its outcome.
template <class R, class... Parts>
class async_state final : public future_value<R> {
  public:
    template <class... From>
    explicit async_state(future_state::phase first, From&&... from)
        : future_value<R>(first), call_(std::in_place, std::forward<From>(from)...) {}

    /// From here on `runner` runs the call; whoever lets go last joins it.
    void start(task* runner) noexcept {
        ::new (static_cast<void*>(runner->storage)) async_state*(this);
        runner->operations = &operations;
        this->runner_ = runner;
        start_task(runner);
    }

  private:
    ~async_state() = default;
    void destroy() noexcept override { delete this; }
    void run_call() noexcept {
        store_result(*this, [this]() -> R {
            return std::apply([](Parts&... each) -> R { return std::invoke(std::move(each)...); }, *call_);
        });
        call_.reset();
    }
    void run_deferred() noexcept override {
        run_call();
        this->end_store(future_state::ready);
    }

    static async_state& of(task& t) noexcept { return **std::launder(reinterpret_cast<async_state**>(t.storage)); }
    static void run(task& t) noexcept {
        async_state& s = of(t);
        s.run_call();
        run_thread_exit(); // who sees the future ready sees the thread's end
        s.end_store(future_state::ready);
    }
    static void fail(task& t, std::exception_ptr why) noexcept {
        async_state& s = of(t);
        s.call_.reset();
        s.set_error(std::move(why));
        s.end_store(future_state::ready);
    }
    static constexpr task_operations operations{&run, &fail};

    std::optional<std::tuple<Parts...>> call_; // owner: who runs it
};

/// Beside its meaning, a constraint makes weft::async the better match where std::async is found as well, by an argument of std.
template <class F, class... Args>
concept async_callable = std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>;

template <class F, class... Args>
using async_result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;

/// A task for the call; null when the kernel has none and it may be deferred.
task* make_async_task(std::launch policy);

} // namespace abi

/// launch::async: calls f(args...), decay-copied here once, in a new thread. launch::deferred: in the first thread that waits for it, by
/// wait() or get(). Both: a thread, or deferred when the kernel refuses one. Does not suspend. The last future of a call with a thread waits for the
/// thread's end in its destructor. Throws what the copies throw, std::bad_alloc, and std::system_error: resource_unavailable_try_again,
/// or invalid_argument for a policy that is neither.
template <class F, class... Args>
    requires abi::async_callable<F, Args...>
[[nodiscard]] future<abi::async_result<F, Args...>> async(launch policy, F&& f, Args&&... args) {
    using result = abi::async_result<F, Args...>;
    using state = abi::async_state<result, std::decay_t<F>, std::decay_t<Args>...>;
    if ((policy & (launch::async | launch::deferred)) == launch{}) {
        abi::throw_no_policy();
    }
    abi::task* const runner = (policy & launch::async) == launch::async ? abi::make_async_task(policy) : nullptr;
    if (!runner) {
        return abi::future_access::make<result>(
            new state(abi::future_state::deferred, std::forward<F>(f), std::forward<Args>(args)...));
    }
    state* s = nullptr;
    try {
        s = new state(abi::future_state::running, std::forward<F>(f), std::forward<Args>(args)...);
    } catch (...) {
        abi::abandon_task(runner);
        throw;
    }
    s->start(runner);
    return abi::future_access::make<result>(s);
}

template <class F, class... Args>
    requires abi::async_callable<F, Args...>
[[nodiscard]] future<abi::async_result<F, Args...>> async(F&& f, Args&&... args) {
    return weft::async(launch::async | launch::deferred, std::forward<F>(f), std::forward<Args>(args)...);
}

} // namespace weft
