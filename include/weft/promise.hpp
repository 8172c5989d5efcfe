// SPDX-License-Identifier: MIT
// promise: std's, for tasks. No function suspends, unless another thread is storing into the same promise at that moment.
#pragma once
#include <weft/shared_future.hpp>

#include <memory>

namespace weft {

namespace abi {

template <class R>
class promise_state : public future_value<R> {
  public:
    promise_state() noexcept : future_value<R>(future_state::empty) {}

  protected:
    ~promise_state() = default;
};

/// What promises of values, references and nothing have in common.
template <class R>
class promise_base {
  public:
    promise_base() : promise_base(std::allocator_arg, std::allocator<char>()) {}
    template <class Allocator>
    promise_base(std::allocator_arg_t, const Allocator& a)
        : state_(allocated<promise_state<R>, Allocator>::make(a)) {}
    promise_base(promise_base&&) noexcept = default;
    promise_base& operator=(promise_base&& other) noexcept {
        promise_base(std::move(other)).swap_state(*this);
        return *this;
    }
    ~promise_base() {
        if (state_) {
            state_.get()->abandon();
        }
    }

    /// The future, once. Throws future_error: future_already_retrieved, or no_state when moved from, as all that follow.
    future<R> get_future() { return future_access::retrieve<R>(state_); }

    /// Makes the future ready with an exception. Throws future_error: promise_already_satisfied. Panics when there is none in error.
    void set_exception(std::exception_ptr error) {
        require(error);
        store(false, [&](auto& s) { s.set_error(std::move(error)); });
    }
    /// Stores it now; the future is ready when the calling thread ends. Throws besides std::bad_alloc.
    void set_exception_at_thread_exit(std::exception_ptr error) {
        require(error);
        store(true, [&](auto& s) { s.set_error(std::move(error)); });
    }

  protected:
    void swap_state(promise_base& other) noexcept { std::swap(state_, other.state_); }

    template <class Store>
    void store(bool at_exit, Store fill) {
        auto& s = state_.checked();
        if (at_exit) {
            prepare_thread_exit();
        }
        s.begin_store();
        complete_store(s, at_exit, [&] { fill(s); });
    }
    template <class Make>
    void store_value(bool at_exit, Make make) {
        store(at_exit, [&](auto& s) { s.emplace(make); });
    }

  private:
    static void require(const std::exception_ptr& error) noexcept {
        if (!error) {
            no_exception_given();
        }
    }

    state_pointer<promise_state<R>> state_;
};

} // namespace abi

template <class R>
class promise : public abi::promise_base<R> {
  public:
    using abi::promise_base<R>::promise_base;
    promise() = default;
    promise(promise&&) noexcept = default;
    promise& operator=(promise&&) noexcept = default;
    void swap(promise& other) noexcept { this->swap_state(other); }

    /// Makes the future ready with a copy, or what the value was moved to. Throws future_error (promise_already_satisfied) and what the
    /// copy or move throws; then it can be tried again. Synchronises with those who see the future ready.
    void set_value(const R& value) {
        this->store_value(false, [&]() -> const R& { return value; });
    }
    void set_value(R&& value) {
        this->store_value(false, [&]() -> R&& { return std::move(value); });
    }
    /// Stores it now; the future is ready when the calling thread ends. Throws besides std::bad_alloc.
    void set_value_at_thread_exit(const R& value) {
        this->store_value(true, [&]() -> const R& { return value; });
    }
    void set_value_at_thread_exit(R&& value) {
        this->store_value(true, [&]() -> R&& { return std::move(value); });
    }
};

template <class R>
class promise<R&> : public abi::promise_base<R&> {
  public:
    using abi::promise_base<R&>::promise_base;
    promise() = default;
    promise(promise&&) noexcept = default;
    promise& operator=(promise&&) noexcept = default;
    void swap(promise& other) noexcept { this->swap_state(other); }

    void set_value(R& value) {
        this->store_value(false, [&]() -> R& { return value; });
    }
    void set_value_at_thread_exit(R& value) {
        this->store_value(true, [&]() -> R& { return value; });
    }
};

template <>
class promise<void> : public abi::promise_base<void> {
  public:
    using abi::promise_base<void>::promise_base;
    promise() = default;
    promise(promise&&) noexcept = default;
    promise& operator=(promise&&) noexcept = default;
    void swap(promise& other) noexcept { this->swap_state(other); }

    void set_value() {
        this->store_value(false, [] {});
    }
    void set_value_at_thread_exit() {
        this->store_value(true, [] {});
    }
};

template <class R>
void swap(promise<R>& a, promise<R>& b) noexcept {
    a.swap(b);
}

} // namespace weft

template <class R, class Allocator>
struct std::uses_allocator<weft::promise<R>, Allocator> : std::true_type {};
