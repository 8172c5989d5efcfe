// SPDX-License-Identifier: MIT
// The compiled half of weft/future.hpp: the phases of a shared state.
#include "base/check.hpp"
#include <system_error>
#include <weft/future.hpp>

namespace weft::abi {

void throw_future_error(std::future_errc why) {
    throw std::future_error(why);
}

void no_exception_given() noexcept {
    base::panic("a promise was given a null exception");
}

void throw_no_policy() {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                            "weft::async: the policy is neither launch::async nor launch::deferred");
}

task* make_async_task(std::launch policy) {
    try {
        return make_thread_task();
    } catch (const std::system_error& e) {
        if ((policy & std::launch::deferred) == std::launch{} || e.code() != std::errc::resource_unavailable_try_again) {
            throw;
        }
        return nullptr;
    }
}

bool future_state::run_if_deferred() {
    phase seen = deferred;
    // mo: relaxed: a look. acquire -> nothing more than the future itself has handed over; the call's parts came with it.
    if (is_deferred() && phase_.compare_exchange_strong(seen, running, std::memory_order_acquire, std::memory_order_relaxed)) {
        run_deferred();
        return true;
    }
    return false;
}

void future_state::wait() {
    if (!run_if_deferred()) {
        (void)wait_until(no_deadline);
    }
}

bool future_state::not_ready(void* state) noexcept {
    return !static_cast<future_state*>(state)->is_ready();
}

bool future_state::wait_until(std::uint64_t deadline_ns) {
    while (!is_ready()) {
        if (abi::wait(waiters_, &not_ready, this, deadline_ns) == wait_result::timed_out) {
            return is_ready();
        }
    }
    return true;
}

void future_state::retrieve() {
    // mo: relaxed: only one may win; the state itself comes with the promise.
    if (retrieved_.exchange(true, std::memory_order_relaxed)) {
        throw_future_error(std::future_errc::future_already_retrieved);
    }
}

void future_state::begin_store() {
    for (;;) {
        phase seen = empty;
        // mo: acquire, both -> end_store's release: an attempt that was given up has left the state as it was.
        if (phase_.compare_exchange_strong(seen, storing, std::memory_order_acquire, std::memory_order_acquire)) {
            return;
        }
        if (seen != storing) {
            throw_future_error(std::future_errc::promise_already_satisfied);
        }
        const auto being_stored = [](void* self) noexcept {
            // mo: relaxed: the CAS above synchronises.
            return static_cast<future_state*>(self)->phase_.load(std::memory_order_relaxed) == storing;
        };
        (void)abi::wait(waiters_, being_stored, this);
    }
}

void future_state::begin_run() {
    phase seen = empty;
    // mo: acquire: as begin_store. Failure relaxed: nothing is read.
    if (!phase_.compare_exchange_strong(seen, running, std::memory_order_acquire, std::memory_order_relaxed)) {
        throw_future_error(std::future_errc::promise_already_satisfied);
    }
}

void future_state::end_store(phase next) noexcept {
    if (next == stored) {
        hold(); // until the thread has ended
        exit_.run = [](exit_node* node) noexcept {
            future_state* self = static_cast<ready_at_exit*>(node)->state;
            self->end_store(ready);
            self->let_go();
        };
        call_at_thread_exit(exit_);
    }
    wait_section held(&waiters_);
    // mo: release -> is_ready's and begin_store's acquire: the value or the error.
    phase_.store(next, std::memory_order_release);
    held.take_all(waiters_);
}

void future_state::abandon() noexcept {
    // mo: relaxed, both: a store or a future of another thread comes to us before the promise's end, or there is none.
    if (phase_.load(std::memory_order_relaxed) != empty || !retrieved_.load(std::memory_order_relaxed)) {
        return;
    }
    begin_store();
    set_error(std::make_exception_ptr(std::future_error(std::future_errc::broken_promise)));
    end_store(ready);
}

void future_state::retire() noexcept {
    if (runner_) {
        join_thread(runner_);
    }
    destroy();
}

} // namespace weft::abi
