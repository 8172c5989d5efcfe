// SPDX-License-Identifier: MIT
// fork_join(f, g, ...): calls that may run side by side, for the price of calls when they do not.
//
//   auto [a, b] = weft::fork_join([&] { return fib(n - 1); }, [&] { return fib(n - 2); });
//
// The caller runs f; the rest is a job: a few words on its stack, linked into the list of its own task. Nobody but the task touches
// that list, so fork and join are plain loads and stores. A worker with something to steal missing raises a flag, which every fork
// reads; a fork that finds it up turns the oldest job (the largest, as a rule) into a task, which is then stolen like any other. Back from f
// the caller looks whether its job still lies in the list: then it calls it; else it takes the task back if nobody has it yet, or waits
// for its end, by suspending.
//
//   listed --- back from f: unlinked by the caller, called -----------------------------> done
//     |                                                                                    ^
//     +--- promoted: unlinked, `over` made, a task started ---> run by the task --- over --+   then the caller takes the outcome
//
// Before a task suspends, yields, or enters blocking() all of its jobs are promoted, so one half may wait for the other; and while it
// runs it alone owns its list, on whichever worker. In blocking() and on a foreign kernel thread each job is promoted at once:
// to the task's own runtime, or the oldest that lives; without a runtime all is called in order.
//
// Rejected: a deque of jobs that thieves pop (Chase and Lev; split deques as Lace has them): jobs of one task would lie on several workers
// once it has migrated, and pop needs a fence or a word shared with thieves. The price of asking instead: one job of a busy worker can be
// stolen at any time, the next one from its task's next fork on.
// Reference: U. A. Acar, A. Chargueraud, M. Rainey, "Scheduling parallel programs by work stealing with private deques", PPoPP 2013,
// doi:10.1145/2442516.2442538.
//
// I1  A job is unlinked exactly once, by its own task: by its caller, or by its promotion.
// I2  A promoted job belongs to its task until `over` is set, and afterwards to its caller, who does not leave before.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft {

class scope;

namespace abi {

struct job {
    job* older;                                          // owner: the task whose list it is in
    void (*run)(job&, std::exception_ptr refused) noexcept; // r/o; for a promoted job: stores the outcome, ends with end_job
    scope* home;                                         // from the promotion on: the scope in which it was forked
    union {
        std::atomic<std::uintptr_t> over;                // from the promotion on: the event of its end
    };
    union {
        std::exception_ptr error;                        // from the promotion on
    };
    job() noexcept {}  // a job that is not promoted costs three stores
    ~job() {}
    job(const job&) = delete;
    job& operator=(const job&) = delete;
};

/// The jobs of one task, or of one foreign kernel thread. Lies in the frame of its outermost fork_join.
struct job_list {
    job* newest = nullptr;                                  // owner: the task
    const std::atomic<bool>* hungry = nullptr;              // owner: the task; *hungry: anybody writes
    void (*note_home)(job_list&, job&) noexcept = nullptr;  // r/o; sets job::home before its promotion
};

/// The running task's list; null when it is in no fork_join.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local job_list* running_jobs;
[[nodiscard]] job_list* this_jobs() noexcept;

// EDGE tls-address-caching: on x86-64 gcc, and clang up to 14, read the variable with one instruction whose address is relative to the
// thread pointer, so there is no address to keep. A sanitizer's build takes the address, later versions of clang may keep it from one read to
// the next in a function, and other machines do.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#if defined(__clang__)
#if __clang_major__ <= 14 && !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
#define WEFT_READS_JOBS_INLINE 1
#endif
#else
#define WEFT_READS_JOBS_INLINE 1
#endif
#endif
#if defined(WEFT_READS_JOBS_INLINE)
[[nodiscard]] inline job_list* jobs_here() noexcept { return running_jobs; }
#undef WEFT_READS_JOBS_INLINE
#else
[[nodiscard]] inline job_list* jobs_here() noexcept { return this_jobs(); }
#endif

/// Makes it the caller's list, which has none.
void open_jobs(job_list& list) noexcept;
/// Takes it off again; empty.
void close_jobs() noexcept;
/// Somebody has no work: promotes what is needed.
void feed_thieves(job_list& list) noexcept;
/// The first and the last of a promoted job, on its task. After end_job the job may be gone.
void begin_job(job& j);
void end_job(job& j) noexcept;
/// Takes a promoted job's task back when nobody has taken it yet; then its caller calls it. Never suspends.
[[nodiscard]] bool reclaim_job(job& j) noexcept;
/// Suspends a task, blocks a foreign thread. Synchronises with end_job.
void await_job(job& j) noexcept;
/// How many workers may run the caller's jobs.
[[nodiscard]] unsigned job_width() noexcept;

template <class F>
using job_value = std::conditional_t<std::is_void_v<std::invoke_result_t<F&>>, std::monostate, std::invoke_result_t<F&>>;

template <class F>
[[gnu::always_inline]] inline job_value<F> call_job(F& f) {
    static_assert(!std::is_reference_v<std::invoke_result_t<F&>>, "weft::fork_join returns values");
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        std::invoke(f);
        return {};
    } else {
        return std::invoke(f);
    }
}

template <class G>
struct forked : job {
    using value = job_value<G>;
    job_list& list;
    G& g;
    union {
        value result; // of a promoted job without an error
    };

    forked(job_list& l, G& callable) noexcept : list(l), g(callable) {
        run = &run_promoted;
        older = l.newest;
        l.newest = this;
        // mo: relaxed: a hint; feed_thieves looks again.
        if (l.hungry->load(std::memory_order_relaxed)) [[unlikely]] {
            feed_thieves(l);
        }
    }
    ~forked() {}

    value join() {
        if (list.newest == this) [[likely]] {
            list.newest = older;
            return call_job(g);
        }
        return take();
    }

    /// As join, when the caller has an exception of its own: that one is kept.
    [[gnu::noinline, gnu::cold]] void settle() noexcept {
        try {
            (void)join();
        } catch (...) {
        }
    }

  private:
    [[gnu::noinline]] value take() {
        if (reclaim_job(*this)) {
            std::destroy_at(&error);
            return call_job(g);
        }
        await_job(*this);
        const std::exception_ptr why = std::move(error);
        std::destroy_at(&error);
        if (why) {
            std::rethrow_exception(why);
        }
        struct destroyer {
            value& v;
            ~destroyer() { std::destroy_at(&v); }
        } const after{result};
        return std::move(result);
    }

    static void run_promoted(job& j, std::exception_ptr refused) noexcept {
        auto& self = static_cast<forked&>(j);
        if (refused) {
            self.error = std::move(refused);
        } else {
            try {
                begin_job(self);
                ::new (static_cast<void*>(std::addressof(self.result))) value(call_job(self.g));
            } catch (...) {
                self.error = std::current_exception();
            }
        }
        end_job(self);
    }
};

template <class F, class G>
[[gnu::always_inline]] inline std::pair<job_value<F>, job_value<G>> fork_two(job_list& list, F& f, G& g) {
    forked<G> other(list, g);
    job_value<F> mine = [&]() -> job_value<F> {
        try {
            return call_job(f);
        } catch (...) {
            other.settle();
            throw;
        }
    }();
    return {std::move(mine), other.join()};
}

struct opened_jobs {
    job_list list;
    opened_jobs() noexcept { open_jobs(list); }
    opened_jobs(const opened_jobs&) = delete;
    opened_jobs& operator=(const opened_jobs&) = delete;
    ~opened_jobs() { close_jobs(); }
};

template <class F, class G>
[[gnu::noinline]] std::pair<job_value<F>, job_value<G>> fork_outermost(F& f, G& g) {
    opened_jobs mine;
    return fork_two(mine.list, f, g);
}

template <class F, class G>
[[gnu::always_inline]] inline std::pair<job_value<F>, job_value<G>> fork_pair(F& f, G& g) {
    job_list* list = jobs_here();
    if (!list) [[unlikely]] {
        return fork_outermost(f, g);
    }
    return fork_two(*list, f, g);
}

template <class F>
std::tuple<job_value<F>> fork_all(F& f) {
    return std::tuple<job_value<F>>(call_job(f));
}
template <class F, class G, class... H>
[[gnu::always_inline]] inline std::tuple<job_value<F>, job_value<G>, job_value<H>...> fork_all(F& f, G& g, H&... h) {
    if constexpr (sizeof...(H) == 0) {
        auto both = fork_pair(f, g);
        return {std::move(both.first), std::move(both.second)};
    } else {
        auto rest = [&] { return fork_all(g, h...); };
        auto both = fork_pair(f, rest);
        return std::tuple_cat(std::tuple<job_value<F>>(std::move(both.first)), std::move(both.second));
    }
}

} // namespace abi

/// Calls all of them, perhaps side by side, and returns when each has ended: the results in order as a std::tuple, with std::monostate
/// for void; nothing when all are void. If several throw, the leftmost's exception is rethrown and the others are dropped; each is called
/// whether or not others throw. A callable may run in a task of its own, in the scope in which it was forked; its task_locals
/// are that task's. Nests to any depth. Suspends the task when a callable runs elsewhere for longer (blocks a foreign thread). Throws
/// only what they throw, and std::bad_alloc or a refused stack in the place of one that could not begin.
/// Synchronises: what came before it with each callable's start, their ends with its return.
template <class F, class... G>
[[gnu::always_inline]] inline auto fork_join(F&& f, G&&... g) {
    using all_void = std::conjunction<std::is_void<std::invoke_result_t<F&>>, std::is_void<std::invoke_result_t<G&>>...>;
    if constexpr (all_void::value) {
        (void)abi::fork_all(f, g...);
    } else {
        return abi::fork_all(f, g...);
    }
}

} // namespace weft
