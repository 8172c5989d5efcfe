// SPDX-License-Identifier: MIT
// What a promise, a packaged task or an async call shares with its futures. Not for users.
//
//   empty -- begin_store --> storing -- end_store(ready) --------------------------> ready
//     ^                       |  |                                                     ^
//     +-- the copy has thrown +  +-- end_store(stored) --> stored -- the thread ends --+
//   empty    -- a packaged task is called ---> running -- end_store ------------------>+
//   deferred -- the first one who waits -----> running -- end_store(ready) ----------->+
//
// I1  The value and the error are written while the phase is storing or running, by whoever made it so, and read when it is ready.
// I2  The phase changes under the lock of the list of waiters, except into storing and running; every change wakes all of them, and
//     each looks again.
#pragma once
#include <weft/abi.hpp>
#include <weft/at_thread_exit.hpp>
#include <weft/stoppable.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weft {

// The errors and their category are std's own, so that handlers written for std catch them.
using std::future_category;
using std::future_errc;
using std::future_error;
using std::future_status;
using std::launch;
using std::make_error_code;
using std::make_error_condition;

namespace abi {

[[noreturn]] void throw_future_error(std::future_errc why);
/// A promise was given a null exception_ptr: its future would have neither value nor error.
[[noreturn]] void no_exception_given() noexcept;

class future_state {
  public:
    enum phase : std::uint32_t { empty, storing, stored, running, deferred, ready };

    explicit future_state(phase first) noexcept : phase_(first) { exit_.state = this; }
    future_state(const future_state&) = delete;
    future_state& operator=(const future_state&) = delete;

    void hold() noexcept {
        // mo: relaxed: who copies holds it already.
        holders_.fetch_add(1, std::memory_order_relaxed);
    }
    /// The last one waits for the async call's end and frees the state.
    void let_go() noexcept {
        // mo: acq_rel: release -> the last one's acquire: our last use; acquire: everybody's.
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            retire();
        }
    }

    [[nodiscard]] bool is_ready() const noexcept {
        // mo: acquire -> end_store's release: the value or the error.
        return phase_.load(std::memory_order_acquire) == ready;
    }
    [[nodiscard]] bool is_deferred() const noexcept {
        // mo: relaxed: nothing is read because of it.
        return phase_.load(std::memory_order_relaxed) == deferred;
    }
    /// Until it is ready; runs a deferred call here.
    void wait();
    /// The same with a limit, of CLOCK_MONOTONIC, and it runs nothing. False: not ready.
    [[nodiscard]] bool wait_until(std::uint64_t deadline_ns);
    /// Both until a stop as well. False: not ready.
    template <stop_token_like Token>
    [[nodiscard]] bool wait(const Token& token) {
        return run_if_deferred() || wait_until(token, no_deadline);
    }
    template <stop_token_like Token>
    [[nodiscard]] bool wait_until(const Token& token, std::uint64_t deadline_ns) {
        while (!is_ready()) {
            const wait_result how = abi::wait(waiters_, &not_ready, this, token, deadline_ns);
            if (how == wait_result::timed_out || how == wait_result::interrupted) {
                return is_ready();
            }
        }
        return true;
    }

    /// Throws future_error, future_already_retrieved, from the second call on.
    void retrieve();

    /// Claims the one store; waits for another that is at it. Throws future_error (promise_already_satisfied).
    void begin_store();
    /// As begin_store, for a call that takes its time: a second one does not wait for it.
    void begin_run();
    /// ready; stored: ready when the calling thread ends, after prepare_thread_exit; or empty again.
    void end_store(phase next) noexcept;
    void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); } // between begin and end
    /// The promise or the task goes away: broken_promise, unless it was kept or nobody can ask.
    void abandon() noexcept;

    /// Only when ready.
    void rethrow_error() const {
        if (error_) {
            std::rethrow_exception(error_);
        }
    }

  protected:
    ~future_state() = default;
    virtual void destroy() noexcept = 0;
    virtual void run_deferred() noexcept {}

    task* runner_ = nullptr; // r/o after start: of an async call; joined before the state goes

  private:
    struct ready_at_exit : exit_node {
        future_state* state = nullptr; // r/o
    };

    [[nodiscard]] bool run_if_deferred();
    static bool not_ready(void* state) noexcept;
    void retire() noexcept;

    std::atomic<phase> phase_;               // see I2
    std::atomic<std::uint32_t> holders_{1};  // atomic, see mo
    std::atomic<bool> retrieved_{false};     // atomic, see mo
    wait_list waiters_;
    std::exception_ptr error_;               // see I1
    ready_at_exit exit_;                     // owner: the thread that stored
};

/// With room for the value. References travel as pointers.
template <class R>
class future_value : public future_state {
  public:
    explicit future_value(phase first) noexcept : future_state(first) {} // without a value yet
    using stored_type = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*, std::remove_const_t<R>>;

    /// Between begin_store and end_store: makes the value of what make() returns; what it throws passes.
    template <class Make>
    void emplace(Make&& make) {
        if constexpr (std::is_reference_v<R>) {
            R referred = std::forward<Make>(make)();
            value_ = std::addressof(referred);
        } else {
            ::new (static_cast<void*>(std::addressof(value_))) stored_type(std::forward<Make>(make)());
        }
        has_value_ = true;
    }
    [[nodiscard]] stored_type& value() noexcept { return value_; }

  protected:
    ~future_value() {
        if constexpr (!std::is_reference_v<R>) {
            if (has_value_) {
                std::destroy_at(std::addressof(value_));
            }
        }
    }

  private:
    union {
        stored_type value_;
    };
    bool has_value_ = false; // as value_
};

template <>
class future_value<void> : public future_state {
  public:
    using future_state::future_state;
    template <class Make>
    void emplace(Make&& make) {
        std::forward<Make>(make)();
    }

  protected:
    ~future_value() = default;
};

/// begin_store has been called: runs store(), which fills the state, and publishes it; when it throws, it is as if nobody had tried.
template <class State, class Store>
void complete_store(State& s, bool at_exit, Store store) {
    try {
        store();
    } catch (...) {
        s.end_store(future_state::empty);
        throw;
    }
    s.end_store(at_exit ? future_state::stored : future_state::ready);
}

/// The same for a function's result: what it throws is the outcome.
template <class State, class Function>
void store_result(State& s, Function function) noexcept {
    try {
        s.emplace(function);
    } catch (...) {
        s.set_error(std::current_exception());
    }
}

template <class State>
class state_pointer {
  public:
    state_pointer() noexcept = default;
    /// Takes over one hold.
    explicit state_pointer(State* s) noexcept : state_(s) {}
    state_pointer(const state_pointer& other) noexcept : state_(other.state_) {
        if (state_) {
            state_->hold();
        }
    }
    state_pointer(state_pointer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    state_pointer& operator=(state_pointer other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~state_pointer() {
        if (state_) {
            state_->let_go();
        }
    }
    explicit operator bool() const noexcept { return state_ != nullptr; }
    /// Throws future_error (no_state) when there is none.
    State* operator->() const { return &checked(); }
    State& checked() const {
        if (!state_) {
            throw_future_error(std::future_errc::no_state);
        }
        return *state_;
    }
    State* get() const noexcept { return state_; }

  private:
    State* state_ = nullptr;
};

/// Base with its memory from an allocator.
template <class Base, class Allocator>
class allocated final : public Base {
    using traits = typename std::allocator_traits<Allocator>::template rebind_traits<allocated>;
    using allocator = typename traits::allocator_type;

  public:
    template <class... Args>
    static allocated* make(const Allocator& from, Args&&... args) {
        allocator a(from);
        auto memory = traits::allocate(a, 1);
        try {
            return ::new (static_cast<void*>(std::to_address(memory))) allocated(a, std::forward<Args>(args)...);
        } catch (...) {
            traits::deallocate(a, memory, 1);
            throw;
        }
    }

  private:
    template <class... Args>
    explicit allocated(const allocator& a, Args&&... args) : Base(std::forward<Args>(args)...), allocator_(a) {}
    ~allocated() = default;
    void destroy() noexcept override {
        allocator a(std::move(allocator_));
        auto memory = std::pointer_traits<typename traits::pointer>::pointer_to(*this);
        this->~allocated();
        traits::deallocate(a, memory, 1);
    }

    [[no_unique_address]] allocator allocator_;
};

} // namespace abi
} // namespace weft
