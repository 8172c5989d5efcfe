// SPDX-License-Identifier: MIT
// What the templates in weft's headers and the compiled library agree upon: the task descriptor and the
// handful of functions that act on it. Users do not call these; they are public because templates are.
//
// A task descriptor is 128 bytes, two cache lines. The first line is the scheduler's, the second holds the
// callable and afterwards its outcome when both fit, else a pointer to them. A task that has not started owns no
// stack: context and stack_top are null. (One that a worker has picked and put back has both; one that runs on top of its joiner has a
// null context until it suspends, and its joiner's stack_top.)
//
// Who owns a descriptor: from make_task() to start_task() the caller; then the scheduler; at completion it
// belongs to whoever comes second on join_word, the finishing task or the holder of the join_handle (that of a group's task, which has no
// handle, to the scheduler, which frees it):
//
//              finish: exchange(done)                  handle: load done -> take outcome, free
//   waiting(0) ----------------------> done(1)         handle dropped:   exchange(detached) == done -> free
//      |  join: CAS(0 -> waiter*)
//      +-------> waiter* --- finish: exchange(done) --> done, and the finisher wakes the waiter
//      |  detach: exchange(detached)
//      +-------> detached(2) --- finish: exchange(done) --> the finisher frees
//
// A joiner that runs the task on top of itself (await_task may) is below it on one stack: finish is a store of done, and nobody is woken.
//
// Illegal to lose: the one wake that a waiter* is owed. Legal to lose: nothing.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <string_view>

namespace weft::abi {

struct runtime_core; // the library's side of a weft::runtime
struct task;
struct task_extras; // name and task_locals: allocated for the few tasks that have them

/// One table a callable type: what the library may do with what lies in a task's storage.
struct task_operations {
    void (*run)(task&) noexcept;                       ///< calls it and stores the outcome, if there is to be one
    void (*fail)(task&, std::exception_ptr) noexcept;  ///< never ran: stores why, as the outcome
    std::exception_ptr (*discard)(task&) noexcept = nullptr; ///< destroys the outcome; returns the exception in it. Null: there is no outcome
    /// Of a task of a group, which is a scope: its storage begins with the group's address until it is freed. Tells the group that `count` of
    /// its tasks have ended; the group may be gone when this returns. Nobody joins such a task by itself, and run and fail leave no outcome.
    /// Null for all other tasks.
    void (*tell_group)(void* group, std::ptrdiff_t count) noexcept = nullptr;
};

inline constexpr std::uintptr_t join_waiting = 0;
inline constexpr std::uintptr_t join_done = 1;
inline constexpr std::uintptr_t join_detached = 2;

/// Somebody who waits for one event: a parked task or a blocked kernel thread. Lives on the waiter's stack;
/// after wake() it may be gone.
struct waiter {
    void (*wake)(waiter*) noexcept;
};

/// Where a task is in its life, for checks and dumps. Plain hand-over: only the present owner writes.
enum class task_state : std::uint32_t { made, ready, running, suspended, blocking, done };

inline constexpr std::size_t task_storage_size = 56;

struct alignas(64) task {
    task* next = nullptr;                           // owner: the queue that holds the task
    void* context = nullptr;                        // owner: scheduler; null: not started
    void* stack_top = nullptr;                      // owner: scheduler; null: no stack
    std::atomic<std::uintptr_t> join_word{0};       // atomic, see the drawing
    const task_operations* operations = nullptr;    // r/o after start
    runtime_core* home = nullptr;                   // r/o after start
    std::uint64_t id = 0;                           // r/o after start
    task_extras* extras = nullptr;                  // owner: the task
    std::atomic<task_state> state{task_state::made}; // relaxed; the present owner writes, dumps read
    std::uint32_t own_tls = 0;                      // r/o after start; 1: thread_locals and all that libc keeps per thread are its own
    alignas(8) std::byte storage[task_storage_size];
};
static_assert(sizeof(task) == 128, "a task descriptor is two cache lines");

/// The group of a task whose operations have tell_group.
[[nodiscard]] inline void* group_of(const task& t) noexcept {
    return *std::launder(reinterpret_cast<void* const*>(t.storage));
}

/// A fresh descriptor in `core`, or, when core is null, in the runtime that the caller belongs to: the running
/// task's, else the first runtime that was made and still lives. Does not suspend.
/// Throws no_runtime when there is none, std::bad_alloc when memory is refused.
task* make_task(runtime_core* core);

/// Gives back a descriptor that was never started. Does not suspend.
void abandon_task(task* fresh) noexcept;

/// Copies a name for dumps and panics. Before start_task only. Throws std::bad_alloc.
void name_task(task* fresh, std::string_view name);

/// Lets the task have thread_locals, errno, locale and all else that libc keeps per thread of its own. Before start_task only. Does nothing in a
/// sanitizer build. Throws std::bad_alloc.
void give_own_tls(task* fresh);

/// Hands the task to the scheduler. Does not suspend. Synchronises with the task's first instruction.
void start_task(task* fresh) noexcept;

/// Waits until the task is done: suspends a task, or lets it run the other on its own stack if that has not started; blocks a foreign kernel
/// thread. Throws std::system_error
/// (resource_deadlock_would_occur) when a task waits for itself. Synchronises with the task's end.
void await_task(task* t);

/// True when the task is done (then its outcome may be read). Never suspends.
[[nodiscard]] inline bool is_done(const task* t) noexcept {
    // mo: acquire -> the finisher's exchange(done): the outcome in storage.
    return t->join_word.load(std::memory_order_acquire) == join_done;
}

/// Gives the task away: whoever comes second frees it. An exception nobody took ends the program with the task's
/// name.
void detach_task(task* t) noexcept;

/// Frees a done task whose outcome has been taken out and destroyed.
void release_task(task* done) noexcept;

/// A join_handle was destroyed or overwritten while joinable. Ends the program with the task's name.
[[noreturn]] void joinable_handle_lost(const task* t) noexcept;

} // namespace weft::abi
