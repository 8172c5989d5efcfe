// SPDX-License-Identifier: MIT
// channel<T>: values handed from task to task (or kernel thread), in order. Unbuffered, a send completes when the value is received;
// buffered, when it has a place. The semantics are Go's; where Go panics, a channel_error is thrown, and the forms that return a
// channel_status do not throw for it.
//
//   weft::channel<int> c(16);                          a handle; copies name the same channel
//   c.send(7);                   c.close();
//   for (int& v : c) { ... }                           ends when c is closed and drained
//   if (auto v = c.receive_for(10ms)) { use(*v); }     else v.status() says why not
//
// A default-made handle names no channel: a send or receive on it waits for ever, and a select passes over it.
// sender<T> and receiver<T> are one direction each; a channel<T> converts to both.
//
// T is moved under the channel's lock, so its move must not wait for anything. If a move throws, the side that asked for it gets the exception, the value stays where it was
// (as far as T's move left it whole), and the other side goes on waiting; but it may have lost its place in the queue.
// Each completed send synchronises with the receive of its value, and close with a receive that returns closed.
#pragma once
#include <weft/channel_core.hpp>
#include <weft/this_task.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weft {

/// What a receive brings: a value, or the status that says why there is none. A moved-from one still holds its moved-from value, as
/// std::optional does.
template <class T>
class [[nodiscard]] received {
  public:
    received(received&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : nothing_() {
        if (other) {
            ::new (address()) T(std::move(other.value_));
        }
        status_ = other.status_;
    }
    received& operator=(received&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
        if (this != &other) {
            clear();
            if (other) {
                ::new (address()) T(std::move(other.value_));
            }
            status_ = other.status_;
        }
        return *this;
    }
    ~received() { clear(); }

    [[nodiscard]] channel_status status() const noexcept { return status_; }
    [[nodiscard]] bool has_value() const noexcept { return status_ == channel_status::done; }
    explicit operator bool() const noexcept { return has_value(); }

    /// There must be a value.
    T& operator*() & noexcept { return value_; }
    T&& operator*() && noexcept { return std::move(value_); }
    T* operator->() noexcept { return std::addressof(value_); }
    /// Throws channel_error when there is none.
    T& value() & {
        require();
        return value_;
    }
    T&& value() && {
        require();
        return std::move(value_);
    }

    /// For weft's own templates: empty, or filled in place by `how`, which constructs a T at the address that it is given if it
    /// returns done.
    received() noexcept : nothing_() {}
    template <class Fill>
        requires std::is_invocable_r_v<channel_status, Fill, void*>
    explicit received(Fill&& how) : nothing_() {
        status_ = how(address());
    }
    template <class Fill>
    void refill(Fill&& how) {
        clear();
        status_ = how(address());
    }
    void* address() noexcept { return const_cast<void*>(static_cast<const volatile void*>(std::addressof(value_))); }
    void settle(channel_status status) noexcept { status_ = status; }

  private:
    void require() const {
        if (!has_value()) {
            throw channel_error("weft::received::value: nothing was received");
        }
    }
    void clear() noexcept {
        if (has_value()) {
            std::destroy_at(std::addressof(value_));
            status_ = channel_status::would_block;
        }
    }
    union {
        char nothing_;
        T value_;
    };
    channel_status status_ = channel_status::would_block;
};

namespace abi {

[[noreturn]] inline void refuse_closed_send() {
    throw channel_error("weft::channel::send: the channel is closed");
}

template <class Rep, class Period>
choice_terms until_after(const std::chrono::duration<Rep, Period>& limit) {
    return {limit > limit.zero(), deadline_after(limit)};
}

/// Operates with a deadline on any clock: one that is not steady is asked again when the steady time is up.
template <class Clock, class Duration, class Operate>
channel_status operate_until(const std::chrono::time_point<Clock, Duration>& when, Operate operate_once) {
    for (;;) {
        const auto left = time_left(when);
        const channel_status status = operate_once(choice_terms{left > left.zero(), deadline_in(left)});
        if (status == channel_status::would_block) {
            return channel_status::timed_out;
        }
        if (status != channel_status::timed_out) {
            return status;
        }
    }
}

inline channel_status late_is_timed_out(channel_status status) noexcept {
    return status == channel_status::would_block ? channel_status::timed_out : status;
}

inline channel_core* shared(channel_core* c) noexcept {
    if (c) {
        share_channel(c);
    }
    return c;
}

/// A counted reference to a channel; null names none.
template <class T>
class channel_handle {
  public:
    static_assert(std::is_object_v<T> && std::is_move_constructible_v<T> && !std::is_const_v<T>,
                  "weft::channel carries objects that can be moved");
    channel_handle() noexcept = default;
    channel_handle(const channel_handle& other) noexcept : core_(shared(other.core_)) {}
    channel_handle(channel_handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
    channel_handle& operator=(channel_handle other) noexcept {
        std::swap(core_, other.core_);
        return *this;
    }
    ~channel_handle() {
        if (core_) {
            drop_channel(core_);
        }
    }

    /// False for a handle that names no channel.
    explicit operator bool() const noexcept { return core_ != nullptr; }
    /// True when both name the same channel, or none.
    friend bool operator==(const channel_handle& a, const channel_handle& b) noexcept { return a.core_ == b.core_; }
    /// Values buffered now; another thread may change it at once. 0 for an empty handle.
    [[nodiscard]] std::size_t size() const { return core_ ? channel_size(core_) : 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return core_ ? channel_capacity(core_) : 0; }
    [[nodiscard]] bool closed() const { return core_ && channel_closed(core_); }
    /// For weft's own templates.
    [[nodiscard]] channel_core* core() const noexcept { return core_; }

  protected:
    explicit channel_handle(channel_core* made) noexcept : core_(made) {}

  private:
    channel_core* core_ = nullptr;
};

template <class T, class Base>
class sending_end : public Base {
  public:
    using Base::Base;

    /// Sends value; it is moved from when, and only when, the send is done. Waits until the value is received (unbuffered) or has a
    /// place: suspends a task, blocks a foreign kernel thread. Throws channel_error when the channel is closed, or gets closed meanwhile.
    void send(T&& value) const { require_done(operate(this->core(), true, std::addressof(value), {})); }
    void send(const T& value) const
        requires std::is_copy_constructible_v<T>
    {
        send(T(value));
    }

    /// done, closed or would_block. Never waits.
    [[nodiscard]] channel_status try_send(T&& value) const {
        return operate(this->core(), true, std::addressof(value), {false, channel_no_deadline});
    }
    [[nodiscard]] channel_status try_send(const T& value) const
        requires std::is_copy_constructible_v<T>
    {
        return try_send(T(value));
    }
    /// done, closed or timed_out. A limit of zero or less does not wait. Throws std::bad_alloc when there is no room for a timer.
    template <class Rep, class Period>
    [[nodiscard]] channel_status send_for(T&& value, const std::chrono::duration<Rep, Period>& limit) const {
        return late_is_timed_out(operate(this->core(), true, std::addressof(value), until_after(limit)));
    }
    template <class Rep, class Period>
    [[nodiscard]] channel_status send_for(const T& value, const std::chrono::duration<Rep, Period>& limit) const
        requires std::is_copy_constructible_v<T>
    {
        return send_for(T(value), limit);
    }
    template <class Clock, class Duration>
    [[nodiscard]] channel_status send_until(T&& value, const std::chrono::time_point<Clock, Duration>& when) const {
        return operate_until(
            when, [&](const choice_terms& terms) { return operate(this->core(), true, std::addressof(value), terms); });
    }
    template <class Clock, class Duration>
    [[nodiscard]] channel_status send_until(const T& value, const std::chrono::time_point<Clock, Duration>& when) const
        requires std::is_copy_constructible_v<T>
    {
        return send_until(T(value), when);
    }
    /// done, closed or stopped. A stop that was requested before wins over a ready receiver.
    template <stop_token_like Token>
    [[nodiscard]] channel_status send(T&& value, const Token& token) const {
        return operate(this->core(), true, std::addressof(value), {}, token);
    }
    template <stop_token_like Token>
    [[nodiscard]] channel_status send(const T& value, const Token& token) const
        requires std::is_copy_constructible_v<T>
    {
        return send(T(value), token);
    }

    /// No more sends; what is buffered can still be received. Every waiting receiver gets closed, every waiting sender an error. Does
    /// not wait. Throws channel_error when it is closed already or names no channel.
    void close() const {
        if (!this->core()) {
            throw channel_error("weft::channel::close: the handle names no channel");
        }
        if (!close_channel(this->core())) {
            throw channel_error("weft::channel::close: the channel is closed already");
        }
    }
    /// False instead of an error.
    [[nodiscard]] bool try_close() const { return this->core() && close_channel(this->core()); }

  private:
    static void require_done(channel_status status) {
        if (status != channel_status::done) {
            refuse_closed_send();
        }
    }
};

template <class T, class Base>
class receiving_end : public Base {
  public:
    using Base::Base;

    /// The next value, or closed once the channel is closed and drained. Waits for it: suspends a task, blocks a foreign kernel thread.
    received<T> receive() const {
        return received<T>([this](void* into) { return operate(this->core(), false, into, {}); });
    }
    /// A value, closed or would_block. Never waits.
    received<T> try_receive() const {
        return received<T>([this](void* into) { return operate(this->core(), false, into, {false, channel_no_deadline}); });
    }
    /// A value, closed or timed_out. A limit of zero or less does not wait. Throws std::bad_alloc when there is no room for a timer.
    template <class Rep, class Period>
    received<T> receive_for(const std::chrono::duration<Rep, Period>& limit) const {
        return received<T>(
            [&](void* into) { return late_is_timed_out(operate(this->core(), false, into, until_after(limit))); });
    }
    template <class Clock, class Duration>
    received<T> receive_until(const std::chrono::time_point<Clock, Duration>& when) const {
        return received<T>([&](void* into) {
            return operate_until(when,
                                 [&](const choice_terms& terms) { return operate(this->core(), false, into, terms); });
        });
    }
    /// A value, closed or stopped. A stop that was requested before wins over a value.
    template <stop_token_like Token>
    received<T> receive(const Token& token) const {
        return received<T>([&](void* into) { return operate(this->core(), false, into, {}, token); });
    }

    /// Receives as it goes. begin() and ++ wait; an exception of T's move passes out of them.
    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using difference_type = std::ptrdiff_t;
        using value_type = T;
        explicit iterator(channel_core* from) : from_(from) { ++*this; }
        T& operator*() const noexcept { return *now_; }
        iterator& operator++() {
            now_.refill([this](void* into) { return operate(from_, false, into, {}); });
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept { return !i.now_; }

      private:
        channel_core* from_;
        mutable received<T> now_;
    };
    iterator begin() const { return iterator(this->core()); }
    std::default_sentinel_t end() const noexcept { return {}; }
};

} // namespace abi

template <class T>
class channel;

/// The right to send and to close.
template <class T>
class sender : public abi::sending_end<T, abi::channel_handle<T>> {
    using half = abi::sending_end<T, abi::channel_handle<T>>;

  public:
    sender() noexcept = default;
    sender(const channel<T>& of) noexcept : half(abi::shared(of.core())) {}
};

/// The right to receive.
template <class T>
class receiver : public abi::receiving_end<T, abi::channel_handle<T>> {
    using half = abi::receiving_end<T, abi::channel_handle<T>>;

  public:
    receiver() noexcept = default;
    receiver(const channel<T>& of) noexcept : half(abi::shared(of.core())) {}
};

template <class T>
class channel : public abi::receiving_end<T, abi::sending_end<T, abi::channel_handle<T>>> {
    using ends = abi::receiving_end<T, abi::sending_end<T, abi::channel_handle<T>>>;

  public:
    /// Names no channel.
    channel() noexcept = default;
    /// A new channel with room for `capacity` values; 0 is unbuffered. Throws channel_error for a capacity that no memory can hold
    /// (a negative number, for one), std::bad_alloc when memory is refused.
    explicit channel(std::size_t capacity) : ends(abi::make_channel(capacity, abi::element_of<T>)) {}
};

} // namespace weft
