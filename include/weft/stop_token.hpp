// SPDX-License-Identifier: MIT
// stop_token, stop_source, stop_callback: std's, for tasks.
//
// std's own remember the kernel thread that requested the stop and block the kernel thread of a destructor that must wait for its
// callback. A task may change its kernel thread inside of a callback, and its worker has others to run; so here the requester is a
// task (or a foreign kernel thread), and the destructor suspends a task and blocks a kernel thread only when that is no task.
//
// What is shared is one block: a word (stop requested? locked? how many sources?), the holders' count, and the list of callbacks.
// A callback's node lies in its stop_callback; registering allocates nothing.
#pragma once
#include <weft/abi.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {

/// A number for the running task, or for the kernel thread when it runs none. Unique in the life of the process, never 0.
[[nodiscard]] std::uint64_t agent_number() noexcept;

struct stop_state;

struct stop_node {
    void (*call)(stop_node*) noexcept = nullptr; // r/o after registration
    stop_state* state = nullptr;                 // owner: the stop_callback; null: not registered
    stop_node* next = nullptr;                   // guarded by the state's lock
    stop_node* previous = nullptr;               // guarded by the state's lock
    bool linked = false;                         // guarded by the state's lock
    bool* gone = nullptr;                        // owner: the requester, while it calls
    std::atomic<std::uintptr_t> finished{0};     // atomic; a runtime/sync/one_event.hpp
};

struct stop_state {
    static constexpr std::uint32_t requested = 1, locked = 2, one_source = 4;
    std::atomic<std::uint32_t> word{one_source}; // atomic, see mo: the two bits and the number of sources
    std::atomic<std::uint32_t> holders{1};       // atomic, see mo: tokens, sources and registered callbacks
    stop_node* first = nullptr;                  // guarded by locked
    std::uint64_t requester = 0;                 // guarded by locked: an agent's number

    [[nodiscard]] bool stop_requested() const noexcept {
        // mo: acquire -> request_stop's CAS: what the requester did before.
        return (word.load(std::memory_order_acquire) & requested) != 0;
    }
    [[nodiscard]] bool stop_possible() const noexcept {
        // mo: acquire -> request_stop's CAS, as above.
        const std::uint32_t seen = word.load(std::memory_order_acquire);
        return (seen & requested) != 0 || seen >= one_source;
    }
    void hold() noexcept {
        // mo: relaxed: who copies holds it already.
        holders.fetch_add(1, std::memory_order_relaxed);
    }
    void let_go() noexcept {
        // mo: acq_rel: release -> the last one's acquire: our last use; acquire: everybody's.
        if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }
    void add_source() noexcept {
        hold();
        // mo: relaxed: who copies is a source already.
        word.fetch_add(one_source, std::memory_order_relaxed);
    }
    void drop_source() noexcept {
        // mo: release -> stop_possible's acquire.
        word.fetch_sub(one_source, std::memory_order_release);
        let_go();
    }
};

/// True for the one call that makes the request; it has called every registered callback by then.
bool request_stop(stop_state& s) noexcept;
/// Links the node, or calls it at once when the stop was requested, or does nothing when none can come any more.
void register_stop_callback(stop_state& s, stop_node& node) noexcept;
/// Takes a registered node back. Waits for a call that another agent is in.
void deregister_stop_callback(stop_node& node) noexcept;

} // namespace abi

struct nostopstate_t {
    explicit nostopstate_t() = default;
};
inline constexpr nostopstate_t nostopstate{};

/// A view of one stop: was it requested, can it be? No function suspends or throws.
class stop_token {
  public:
    stop_token() noexcept = default;
    stop_token(const stop_token& other) noexcept : state_(other.state_) {
        if (state_) {
            state_->hold();
        }
    }
    stop_token(stop_token&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    ~stop_token() {
        if (state_) {
            state_->let_go();
        }
    }
    stop_token& operator=(const stop_token& other) noexcept {
        stop_token(other).swap(*this);
        return *this;
    }
    stop_token& operator=(stop_token&& other) noexcept {
        stop_token(std::move(other)).swap(*this);
        return *this;
    }
    void swap(stop_token& other) noexcept { std::swap(state_, other.state_); }

    /// True synchronises with the request_stop() that returned true.
    [[nodiscard]] bool stop_requested() const noexcept { return state_ && state_->stop_requested(); }
    [[nodiscard]] bool stop_possible() const noexcept { return state_ && state_->stop_possible(); }

    [[nodiscard]] friend bool operator==(const stop_token& a, const stop_token& b) noexcept { return a.state_ == b.state_; }
    friend void swap(stop_token& a, stop_token& b) noexcept { a.swap(b); }

  private:
    friend class stop_source;
    template <class Callback>
    friend class stop_callback;
    explicit stop_token(abi::stop_state* state) noexcept : state_(state) {
        if (state_) {
            state_->hold();
        }
    }

    abi::stop_state* state_ = nullptr; // null: no stop can come
};

/// The right to request one stop.
class stop_source {
  public:
    /// Throws std::bad_alloc.
    stop_source() : state_(new abi::stop_state) {}
    explicit stop_source(nostopstate_t) noexcept {}
    stop_source(const stop_source& other) noexcept : state_(other.state_) {
        if (state_) {
            state_->add_source();
        }
    }
    stop_source(stop_source&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    ~stop_source() {
        if (state_) {
            state_->drop_source();
        }
    }
    stop_source& operator=(const stop_source& other) noexcept {
        stop_source(other).swap(*this);
        return *this;
    }
    stop_source& operator=(stop_source&& other) noexcept {
        stop_source(std::move(other)).swap(*this);
        return *this;
    }
    void swap(stop_source& other) noexcept { std::swap(state_, other.state_); }

    [[nodiscard]] stop_token get_token() const noexcept { return stop_token(state_); }
    [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }
    [[nodiscard]] bool stop_requested() const noexcept { return state_ && state_->stop_requested(); }
    /// Requests the stop, if nobody has, and then calls the registered callbacks, one after the other, here. True when it was this
    /// call. Does not suspend itself; a callback may. An exception that leaves a callback ends the program.
    bool request_stop() noexcept { return state_ && abi::request_stop(*state_); }

    [[nodiscard]] friend bool operator==(const stop_source& a, const stop_source& b) noexcept { return a.state_ == b.state_; }
    friend void swap(stop_source& a, stop_source& b) noexcept { a.swap(b); }

  private:
    abi::stop_state* state_ = nullptr; // null: no stop can be requested
};

/// Calls a function once when a stop is requested: in request_stop(), or at once in the constructor when it was already.
template <class Callback>
class stop_callback {
    static_assert(std::is_invocable_v<Callback>, "weft::stop_callback wants something callable without arguments");
    static_assert(std::is_destructible_v<Callback>);

  public:
    using callback_type = Callback;

    /// Allocates nothing. Throws what Callback's constructor throws.
    template <class C>
        requires std::constructible_from<Callback, C>
    explicit stop_callback(const stop_token& token, C&& callback) noexcept(std::is_nothrow_constructible_v<Callback, C>)
        : node_(std::forward<C>(callback)) {
        if (token.state_) {
            abi::register_stop_callback(*token.state_, node_);
        }
    }
    template <class C>
        requires std::constructible_from<Callback, C>
    explicit stop_callback(stop_token&& token, C&& callback) noexcept(std::is_nothrow_constructible_v<Callback, C>)
        : stop_callback(static_cast<const stop_token&>(token), std::forward<C>(callback)) {}
    /// When another task or thread is in the callback, waits until it has returned: suspends a task, blocks a foreign kernel thread,
    /// and synchronises with the return. In the callback itself it does not wait.
    ~stop_callback() {
        if (node_.state) {
            abi::deregister_stop_callback(node_);
        }
    }
    stop_callback(const stop_callback&) = delete;
    stop_callback(stop_callback&&) = delete;
    stop_callback& operator=(const stop_callback&) = delete;
    stop_callback& operator=(stop_callback&&) = delete;

  private:
    struct node : abi::stop_node {
        template <class C>
        explicit node(C&& c) noexcept(std::is_nothrow_constructible_v<Callback, C>) : callback(std::forward<C>(c)) {
            call = &call_back;
        }
        static void call_back(abi::stop_node* self) noexcept {
            std::forward<Callback>(static_cast<node*>(self)->callback)(); // may destroy *self
        }
        Callback callback;
    };
    node node_;
};

template <class Callback>
stop_callback(stop_token, Callback) -> stop_callback<Callback>;

} // namespace weft
