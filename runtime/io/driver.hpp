// SPDX-License-Identifier: MIT
// The readiness driver: one kernel thread that sleeps in epoll_wait(2) for all tasks that wait for descriptors, and resumes them.
//
// It is started by the first wait and ends by itself when nobody has waited for `linger`; while it waits it uses no CPU. Deadlines are a
// timerfd in the same epoll set, so one sleep covers both and a new, earlier deadline needs no other wake-up.
//
// Each wait is made on a duplicate of the descriptor: two waits for the same descriptor do not meet in the epoll set, and when the user closes
// his, and the number comes to name another file, ours still names the one that was waited for. (ppoll(2) does the same: it
// holds the file for the time of the call.)
//
//   state of a waiter      who changes it                        legal to lose
//   none    -> waiting     wait(), under lock_                   nothing
//   waiting -> fired       the driver's thread alone, under lock_ an event for a waiter that has fired for another reason
//
// I1  Only the driver's thread takes waiters out, one at a time. So an event or timer that it finds belongs to a waiter that is still in:
//     taking out removes the descriptor from the epoll set and the timer from the heap, under the lock, before fire().
// I2  An epoll_wait returns each waiter at most once, so events still to be handled in a batch name waiters that are in.
// I3  timer_set_ is the deadline for which the timerfd is set, and not later than the heap's earliest, whenever lock_ is free.
//
// Register against ready and timeout, the two columns:
//
//   wait(w), on a worker, the task being off its stack      driver's thread
//   W1 lock                                                 D1 epoll_wait returns w's event, or the timer's
//   W2 timer into the heap, timerfd set if earlier          D2 lock
//   W3 epoll_ctl(ADD)                                       D3 w out of the heap and the epoll set
//   W4 unlock; does not touch w any more                    D4 unlock; fire(w): the task may run and w die
//
// The descriptor is ready before W3: ADD queues the event at once; after W3: the file's wake-up queues it. Either way D1 comes. The deadline passes
// before W2: the timerfd, set to a time in the past, is readable at once. D1 may come between W2 and W4, but D2 waits
// for W4, so w is whole at D3 and nobody but the driver knows it after. Both at once: events are handled before timers, and D3
// takes w out of the other's reach: ready wins.
// A runtime that ends waits for its tasks, so it outlives every w of its own; resume() counts as a visitor of the runtime until it returns.
#pragma once
#include "kernel/lock.hpp"
#include "time/timer_heap.hpp"
#include <atomic>
#include <cstdint>

namespace weft::io {

enum class wait_outcome : std::uint32_t { ready, timed_out, refused };

/// One wait. Lives with the one who waits, until fire() has been called.
struct waiter : time::timer {           // deadline: when to give up, or never
    int descriptor = -1;                // a duplicate, the driver's to close
    std::uint32_t events = 0;           // EPOLLIN, EPOLLOUT
    int error = 0;                      // refused: errno
    wait_outcome outcome = wait_outcome::ready;
    void (*done)(waiter&) noexcept = nullptr; // by the driver's thread; the waiter may die in it
};

class driver {
  public:
    /// Announces one wait() to come: memory for it is there and the thread runs until that wait has ended, or leave(). 0 or errno.
    [[nodiscard]] int enter() noexcept;
    void leave() noexcept;

    /// After enter(). Takes w.descriptor over. False when the kernel refused (w.error): then done() is not called and enter() is used up.
    [[nodiscard]] bool wait(waiter& w) noexcept;

    /// Between enter() and leave(): f(argument) on the driver's thread; waits for its answer, blocking the kernel thread.
    [[nodiscard]] bool call(bool (*f)(void*), void* argument) noexcept;

    /// In a child of fork(), which has no such thread: closes the descriptors. Not to be used afterwards.
    void abandon() noexcept;

  private:
    struct request {
        bool (*f)(void*);
        void* argument;
        request* next;
        bool answer = false;
        std::atomic<std::uint32_t> done{0}; // atomic, see mo
    };
    void serve_requests() noexcept;
    void leave_locked() noexcept;
    [[nodiscard]] int start_locked() noexcept;
    void run() noexcept;
    [[nodiscard]] bool end_when_idle() noexcept;
    void fire_due() noexcept;
    void set_timer_locked(std::uint64_t deadline) noexcept;
    void fire(waiter& w, wait_outcome outcome) noexcept;

    kernel::lock lock_;
    time::timer_heap deadlines_;    // guarded by lock_
    std::size_t users_ = 0;         // guarded by lock_: announced and waiting
    std::uint64_t timer_set_ = ~std::uint64_t{0}; // guarded by lock_
    request* requests_ = nullptr;   // guarded by lock_
    bool running_ = false;          // guarded by lock_
    int epoll_ = -1;                // r/o while running_
    int timer_ = -1;                // r/o while running_
};

/// The process's. Lives for ever.
[[nodiscard]] driver& the_driver() noexcept;

} // namespace weft::io
