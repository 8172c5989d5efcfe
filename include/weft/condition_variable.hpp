// SPDX-License-Identifier: MIT
// condition_variable, condition_variable_any, notify_all_at_thread_exit: std's, for tasks and kernel threads alike.
//
// A wait links itself before it unlocks, so unlocking and waiting are one step for every notifier. Who waits with a weft::mutex is not
// woken into a lock that is held: notify moves it to the mutex's own list, and each unlock wakes one (no herd). Of other locks nothing
// is known, and notify_all wakes all.
//
// notify does not suspend, and costs one load when nobody waits. The object may be destroyed as soon as all who wait have been notified,
// also by one of them. Checked, by a panic: a wait without the lock, waits with two mutexes at once, the end with waiters. A timed wait
// throws std::bad_alloc when no timer is to be had, and then holds the lock again.
#pragma once
#include <weft/at_thread_exit.hpp>
#include <weft/mutex.hpp>
#include <weft/stoppable.hpp>

#include <condition_variable>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

using std::cv_status;

namespace abi {

/// What both are made of.
class condition_core {
  public:
    constexpr condition_core() noexcept = default;
    condition_core(const condition_core&) = delete;
    condition_core& operator=(const condition_core&) = delete;
    ~condition_core() {
        // mo: relaxed: nobody else may be near.
        if (with_.load(std::memory_order_relaxed)) {
            destroyed_in_use();
        }
    }

    /// Before the user's lock is given back. m: the mutex to which a notified waiter is moved; null: it is woken. With one_mutex, panics
    /// when the first waiter has another.
    void enter(wait_node& node, mutex_core* m, bool one_mutex) noexcept;
    /// After the wait: out of the list, if it is still in it.
    void leave(wait_node& node) noexcept;
    void notify_one() noexcept { notify(false); }
    void notify_all() noexcept { notify(true); }

    /// The whole wait by a mutex that is held. Throws std::bad_alloc; the mutex is held again whichever way it ends.
    wait_result wait(mutex_core& m, wait_race& race, std::uint64_t deadline_ns, bool one_mutex);

    [[noreturn]] static void not_locked() noexcept;

  private:
    [[noreturn]] static void destroyed_in_use() noexcept;
    void notify(bool all) noexcept;
    void look_again(const wait_section&) noexcept;

    wait_list waiters_;                    // guarded by its section
    std::atomic<const void*> with_{nullptr}; // written in the section: null when nobody waits, else a waiter's mutex, or this
};

/// A place in the list for a block; and the user's lock given back for a block. Failing to take that again ends the program.
struct condition_place {
    condition_core& core;
    wait_node& node;
    condition_place(condition_core& c, wait_node& n) noexcept : core(c), node(n) { core.enter(node, nullptr, false); }
    condition_place(const condition_place&) = delete;
    condition_place& operator=(const condition_place&) = delete;
    ~condition_place() { core.leave(node); }
};

template <class Lock>
struct unlocked {
    Lock& lock;
    explicit unlocked(Lock& held) : lock(held) { lock.unlock(); }
    unlocked(const unlocked&) = delete;
    unlocked& operator=(const unlocked&) = delete;
    ~unlocked() { lock.lock(); }
};

template <class Lock>
wait_result wait_by(condition_core& core, Lock& lock, wait_race& race, std::uint64_t deadline_ns) {
    wait_node node(race);
    const condition_place place(core, node);
    const unlocked<Lock> meanwhile(lock);
    const wait_result how = race.wait(deadline_ns);
    core.leave(node); // before the lock is taken: it may be long until then
    return how;
}

template <class Clock, class Duration>
cv_status status_of(wait_result how, const std::chrono::time_point<Clock, Duration>& when) {
    // A clock that was set back, or runs slower than ours, has not come to `when`: then it is a spurious wake-up. To wait on would lose
    // a notification that came meanwhile.
    return how == wait_result::timed_out && reached(when) ? cv_status::timeout : cv_status::no_timeout;
}

} // namespace abi

class condition_variable {
  public:
    constexpr condition_variable() noexcept = default;
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    void notify_one() noexcept { core_.notify_one(); }
    void notify_all() noexcept { core_.notify_all(); }

    /// All of these give the lock back, suspend until notified (or the time is over), and take it again.
    void wait(std::unique_lock<mutex>& lock) { (void)wait_ns(lock, abi::no_deadline); }
    template <class Predicate>
    void wait(std::unique_lock<mutex>& lock, Predicate holds) {
        while (!holds()) {
            wait(lock);
        }
    }
    template <class Clock, class Duration>
    cv_status wait_until(std::unique_lock<mutex>& lock, const std::chrono::time_point<Clock, Duration>& when) {
        return abi::status_of(wait_ns(lock, abi::deadline_at(when)), when);
    }
    template <class Clock, class Duration, class Predicate>
    bool wait_until(std::unique_lock<mutex>& lock, const std::chrono::time_point<Clock, Duration>& when, Predicate holds) {
        while (!holds()) {
            if (wait_until(lock, when) == cv_status::timeout) {
                return holds();
            }
        }
        return true;
    }
    template <class Rep, class Period>
    cv_status wait_for(std::unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& duration) {
        return wait_ns(lock, abi::deadline_after(duration)) == abi::wait_result::timed_out ? cv_status::timeout : cv_status::no_timeout;
    }
    template <class Rep, class Period, class Predicate>
    bool wait_for(std::unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& duration, Predicate holds) {
        const std::uint64_t deadline_ns = abi::deadline_after(duration);
        while (!holds()) {
            if (wait_ns(lock, deadline_ns) == abi::wait_result::timed_out) {
                return holds();
            }
        }
        return true;
    }

  private:
    abi::wait_result wait_ns(std::unique_lock<mutex>& lock, std::uint64_t deadline_ns) {
        if (!lock.owns_lock()) {
            abi::condition_core::not_locked();
        }
        abi::wait_race race;
        return core_.wait(lock.mutex()->core_, race, deadline_ns, true);
    }

    abi::condition_core core_;
};

class condition_variable_any {
  public:
    constexpr condition_variable_any() noexcept = default;
    condition_variable_any(const condition_variable_any&) = delete;
    condition_variable_any& operator=(const condition_variable_any&) = delete;

    void notify_one() noexcept { core_.notify_one(); }
    void notify_all() noexcept { core_.notify_all(); }

    template <class Lock>
    void wait(Lock& lock) {
        abi::wait_race race;
        (void)wait_ns(lock, race, abi::no_deadline);
    }
    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate holds) {
        while (!holds()) {
            wait(lock);
        }
    }
    template <class Lock, class Clock, class Duration>
    cv_status wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& when) {
        abi::wait_race race;
        return abi::status_of(wait_ns(lock, race, abi::deadline_at(when)), when);
    }
    template <class Lock, class Clock, class Duration, class Predicate>
    bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& when, Predicate holds) {
        while (!holds()) {
            if (wait_until(lock, when) == cv_status::timeout) {
                return holds();
            }
        }
        return true;
    }
    template <class Lock, class Rep, class Period>
    cv_status wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& duration) {
        abi::wait_race race;
        return wait_ns(lock, race, abi::deadline_after(duration)) == abi::wait_result::timed_out ? cv_status::timeout
                                                                                                 : cv_status::no_timeout;
    }
    template <class Lock, class Rep, class Period, class Predicate>
    bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& duration, Predicate holds) {
        const std::uint64_t deadline_ns = abi::deadline_after(duration);
        while (!holds()) {
            abi::wait_race race;
            if (wait_ns(lock, race, deadline_ns) == abi::wait_result::timed_out) {
                return holds();
            }
        }
        return true;
    }

    // ---- the same until a stop is requested, too; the value is what the predicate says last

    template <class Lock, class Predicate>
    bool wait(Lock& lock, stop_token token, Predicate holds) {
        while (!token.stop_requested()) {
            if (holds()) {
                return true;
            }
            (void)wait_stoppable(lock, token, abi::no_deadline);
        }
        return holds();
    }
    template <class Lock, class Clock, class Duration, class Predicate>
    bool wait_until(Lock& lock, stop_token token, const std::chrono::time_point<Clock, Duration>& when, Predicate holds) {
        while (!token.stop_requested()) {
            if (holds()) {
                return true;
            }
            if (abi::status_of(wait_stoppable(lock, token, abi::deadline_at(when)), when) == cv_status::timeout) {
                return holds();
            }
        }
        return holds();
    }
    template <class Lock, class Rep, class Period, class Predicate>
    bool wait_for(Lock& lock, stop_token token, const std::chrono::duration<Rep, Period>& duration, Predicate holds) {
        const std::uint64_t deadline_ns = abi::deadline_after(duration);
        while (!token.stop_requested()) {
            if (holds()) {
                return true;
            }
            if (wait_stoppable(lock, token, deadline_ns) == abi::wait_result::timed_out) {
                return holds();
            }
        }
        return holds();
    }

  private:
    template <class Lock>
    abi::wait_result wait_ns(Lock& lock, abi::wait_race& race, std::uint64_t deadline_ns) {
        if constexpr (std::is_same_v<Lock, std::unique_lock<mutex>>) {
            if (lock.owns_lock()) { // else unlock() says by an exception what is wrong
                return core_.wait(lock.mutex()->core_, race, deadline_ns, false);
            }
        }
        return abi::wait_by(core_, lock, race, deadline_ns);
    }
    template <class Lock>
    abi::wait_result wait_stoppable(Lock& lock, const stop_token& token, std::uint64_t deadline_ns) {
        abi::wait_race race;
        const abi::interrupt_on_stop<stop_token> on_stop(token, race);
        return wait_ns(lock, race, deadline_ns);
    }

    abi::condition_core core_;
};

/// When the calling thread ends, after its thread_locals have been destroyed: notifies all and gives the lock back. Throws
/// std::bad_alloc. Panics when the lock is not held.
inline void notify_all_at_thread_exit(condition_variable& condition, std::unique_lock<mutex> lock) {
    struct at_exit : abi::exit_node {
        condition_variable& condition;
        std::unique_lock<mutex> lock;
        at_exit(condition_variable& c, std::unique_lock<mutex> l) noexcept : condition(c), lock(std::move(l)) {
            run = [](abi::exit_node* self) noexcept {
                const std::unique_ptr<at_exit> mine(static_cast<at_exit*>(self));
                mine->condition.notify_all(); // under the lock: whoever sees it free may destroy the condition variable
                mine->lock.unlock();
            };
        }
    };
    if (!lock.owns_lock()) {
        abi::condition_core::not_locked();
    }
    auto node = std::make_unique<at_exit>(condition, std::move(lock));
    abi::prepare_thread_exit();
    abi::call_at_thread_exit(*node.release());
}

} // namespace weft
