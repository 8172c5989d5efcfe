// SPDX-License-Identifier: MIT
// packaged_task: std's, for tasks. With the allocator constructor that C++11 had, which does no harm.
#pragma once
#include <weft/shared_future.hpp>

#include <functional>
#include <memory>

namespace weft {

namespace abi {

template <class R, class... Args>
class packaged_state : public future_value<R> {
  public:
    packaged_state() noexcept : future_value<R>(future_state::empty) {}
    /// Calls the function and stores the outcome. begin_run has been called.
    virtual void run(Args&&... args) noexcept = 0;
    /// A fresh state with the same function, moved there.
    virtual packaged_state* renew() = 0;

  protected:
    ~packaged_state() = default;
};

template <class F, class Allocator, class R, class... Args>
class packaged_call : public packaged_state<R, Args...> {
  public:
    template <class G>
    explicit packaged_call(const Allocator& a, G&& g) : allocator_(a), f_(std::forward<G>(g)) {}
    void run(Args&&... args) noexcept override {
        store_result(*this, [&]() -> R {
            if constexpr (std::is_void_v<R>) {
                static_cast<void>(std::invoke(f_, std::forward<Args>(args)...));
            } else {
                return std::invoke(f_, std::forward<Args>(args)...);
            }
        });
    }
    packaged_state<R, Args...>* renew() override { return make(allocator_, std::move(f_)); }

    template <class G>
    static packaged_state<R, Args...>* make(const Allocator& a, G&& g) {
        return allocated<packaged_call, Allocator>::make(a, a, std::forward<G>(g));
    }

  protected:
    ~packaged_call() = default;

  private:
    [[no_unique_address]] Allocator allocator_;
    F f_;
};

template <class>
struct call_signature;
#define WEFT_CALL_SIGNATURE(QUALIFIERS)                                                                                            \
    template <class R, class C, bool N, class... Args>                                                                             \
    struct call_signature<R (C::*)(Args...) QUALIFIERS noexcept(N)> {                                                              \
        using type = R(Args...);                                                                                                   \
    }
WEFT_CALL_SIGNATURE();
WEFT_CALL_SIGNATURE(const);
WEFT_CALL_SIGNATURE(volatile);
WEFT_CALL_SIGNATURE(const volatile);
WEFT_CALL_SIGNATURE(&);
WEFT_CALL_SIGNATURE(const&);
WEFT_CALL_SIGNATURE(volatile&);
WEFT_CALL_SIGNATURE(const volatile&);
#undef WEFT_CALL_SIGNATURE

} // namespace abi

template <class>
class packaged_task;

template <class R, class... Args>
class packaged_task<R(Args...)> {
  public:
    packaged_task() noexcept = default;

    /// Copies or moves f once. Throws what that throws, and std::bad_alloc.
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, packaged_task>)
    explicit packaged_task(F&& f) : packaged_task(std::allocator_arg, std::allocator<char>(), std::forward<F>(f)) {}

    template <class F, class Allocator>
        requires(!std::is_same_v<std::remove_cvref_t<F>, packaged_task>)
    packaged_task(std::allocator_arg_t, const Allocator& a, F&& f) {
        static_assert(std::is_invocable_r_v<R, std::decay_t<F>&, Args...>,
                      "weft::packaged_task: the function does not fit the signature");
        state_ = pointer(abi::packaged_call<std::decay_t<F>, Allocator, R, Args...>::make(a, std::forward<F>(f)));
    }
    packaged_task(const packaged_task&) = delete;
    packaged_task(packaged_task&&) noexcept = default;
    packaged_task& operator=(const packaged_task&) = delete;
    packaged_task& operator=(packaged_task&& other) noexcept {
        packaged_task(std::move(other)).swap(*this);
        return *this;
    }
    ~packaged_task() {
        if (state_) {
            state_.get()->abandon();
        }
    }

    void swap(packaged_task& other) noexcept { std::swap(state_, other.state_); }
    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

    /// The future, once. Throws future_error: future_already_retrieved, or no_state when moved from, as all that follow.
    future<R> get_future() { return abi::future_access::retrieve<R>(state_); }

    /// Calls the function; its value or its exception makes the future ready. Throws future_error (promise_already_satisfied).
    void operator()(Args... args) { call(false, std::forward<Args>(args)...); }
    /// The same, but the future is ready when the calling thread ends. Throws besides std::bad_alloc.
    void make_ready_at_thread_exit(Args... args) { call(true, std::forward<Args>(args)...); }

    /// Breaks the promise, if it was not kept, and begins anew with the same function.
    void reset() {
        packaged_task fresh;
        fresh.state_ = pointer(state_->renew());
        swap(fresh);
    }

  private:
    using pointer = abi::state_pointer<abi::packaged_state<R, Args...>>;

    void call(bool at_exit, Args&&... args) {
        const pointer kept = state_; // the function may destroy this object
        auto& s = kept.checked();
        if (at_exit) {
            abi::prepare_thread_exit();
        }
        s.begin_run();
        s.run(std::forward<Args>(args)...);
        s.end_store(at_exit ? abi::future_state::stored : abi::future_state::ready);
    }

    pointer state_;
};

template <class R, class... Args>
packaged_task(R (*)(Args...)) -> packaged_task<R(Args...)>;
template <class F>
packaged_task(F) -> packaged_task<typename abi::call_signature<decltype(&F::operator())>::type>;

template <class R, class... Args>
void swap(packaged_task<R(Args...)>& a, packaged_task<R(Args...)>& b) noexcept {
    a.swap(b);
}

} // namespace weft

template <class Signature, class Allocator>
struct std::uses_allocator<weft::packaged_task<Signature>, Allocator> : std::true_type {};
