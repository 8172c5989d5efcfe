// SPDX-License-Identifier: MIT
#include "kernel/own_tls.hpp"
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "base/check.hpp"
#include "kernel/features.hpp"
#include "kernel/futex.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/lock.hpp"
#include "kernel/memory.hpp"
#include "kernel/stack_list.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread_block.hpp"
#include "kernel/thread_pointer.hpp"
#include "kernel/tls_block.hpp"
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace weft::kernel {

/// At the head of the block's mapping.
struct own_tls {
    char* thread_pointer = nullptr; // r/o
    std::uint32_t number = 0;       // r/o: the tid that libc sees
    bool resting = false;           // guarded by the pool's lock: free, so that nobody is changing its TLS
    own_tls* next = nullptr;           // guarded by the pool's lock: free
    own_tls* next_block = nullptr;     // guarded by the pool's lock: all blocks
    own_tls* previous_block = nullptr; // guarded by the pool's lock
    struct __res_state resolver = {};  // owner: the block's thread; what its __resp points to
};

namespace {

constexpr std::uint32_t first_number = (1u << 22) + 1; // above PID_MAX_LIMIT, linux/threads.h
constexpr std::uint32_t last_number = 0x3fff'ffff;     // FUTEX_TID_MASK, linux/futex.h

std::size_t block_size() noexcept {
    const std::size_t size = (sizeof(own_tls) + 63) / 64 * 64 + tls_block_size();
    return (size + page_size() - 1) / page_size() * page_size();
}

class pool {
  public:
    own_tls* take() noexcept {
        guard hold(lock_);
        own_tls* b = free_;
        if (b) {
            free_ = b->next;
            --free_count_;
            b->resting = false;
        }
        return b;
    }

    /// False when there are enough: the block is the caller's to unmap.
    [[nodiscard]] bool give(own_tls* b) noexcept {
        guard hold(lock_);
        if (free_count_ >= most_own_tls_kept) {
            return false;
        }
        rest_locked(b);
        return true;
    }

    void give_number(std::uint32_t n) noexcept {
        guard hold(lock_);
        give_number_locked(n);
    }

    /// 0 when all are taken.
    [[nodiscard]] std::uint32_t take_number() noexcept {
        guard hold(lock_);
        if (!left_numbers_.empty()) {
            const std::uint32_t n = left_numbers_.back();
            left_numbers_.pop_back();
            return n;
        }
        return next_number_ > last_number ? 0 : next_number_++;
    }

    void enroll(own_tls* b) noexcept {
        guard hold(lock_);
        b->previous_block = nullptr;
        b->next_block = blocks_;
        if (blocks_) {
            blocks_->previous_block = b;
        }
        // mo: release -> after_fork's walk: a child sees the list as it is at any moment, so the block is whole before it is on it.
        std::atomic_ref<own_tls*>(blocks_).store(b, std::memory_order_release);
        ++block_count_;
    }

    void strike(own_tls* b) noexcept {
        guard hold(lock_);
        (b->previous_block ? b->previous_block->next_block : blocks_) = b->next_block;
        if (b->next_block) {
            b->next_block->previous_block = b->previous_block;
        }
        --block_count_;
        give_number_locked(b->number);
    }

    [[nodiscard]] own_tls_state state() noexcept {
        guard hold(lock_);
        return {free_count_, block_count_};
    }

    [[nodiscard]] own_tls* block_of(pid_t tid) const noexcept {
        for (own_tls* b = blocks_; b; b = b->next_block) {
            pid_t its = 0;
            std::memcpy(&its, b->thread_pointer + glibc().tid, sizeof its);
            if (its == tid) {
                return b;
            }
        }
        return nullptr;
    }

    void after_fork(const own_tls* forker) noexcept {
        ::new (static_cast<void*>(&lock_)) lock;
        ::new (static_cast<void*>(&left_numbers_)) std::vector<std::uint32_t>; // the old one may be in the middle of a change
        free_ = nullptr;
        free_count_ = 0;
        for (own_tls* b = blocks_; b; b = b->next_block) {
            if (b == forker) {
                continue;
            }
            if (!b->resting) {
                forget_tls(b->thread_pointer); // its thread was in the middle of whatever it did
            }
            link_thread(b->thread_pointer); // glibc's list in the child holds the survivor alone
            rest_locked(b);
        }
    }

  private:
    void give_number_locked(std::uint32_t n) noexcept {
        try {
            left_numbers_.push_back(n);
        } catch (const std::bad_alloc&) { // one number of a thousand million is not used again
        }
    }

    void rest_locked(own_tls* b) noexcept {
        b->resting = true;
        b->next = free_;
        free_ = b;
        ++free_count_;
    }

    lock lock_;
    own_tls* free_ = nullptr;   // guarded by lock_; last in, first out
    own_tls* blocks_ = nullptr; // guarded by lock_
    std::size_t free_count_ = 0;
    std::size_t block_count_ = 0;
    std::uint32_t next_number_ = first_number; // guarded by lock_
    std::vector<std::uint32_t> left_numbers_;  // guarded by lock_: of blocks that have gone, or were refused
};

pool& the_pool() noexcept {
    alignas(pool) static constinit char room[sizeof(pool)] = {}; // never destroyed: detached threads outlive main
    static pool* const made = ::new (static_cast<void*>(room)) pool;
    return *made;
}

/// The restartable-sequence area of a thread that has registered none.
void mark_rseq_unregistered(const glibc_facts& f, char* tp) noexcept {
    if (f.rseq != 0) {
        constexpr std::uint32_t cpu_0 = 0, registration_failed = ~1u; // RSEQ_CPU_ID_REGISTRATION_FAILED
        std::memcpy(tp + f.rseq, &cpu_0, sizeof cpu_0);                                         // cpu_id_start
        std::memcpy(tp + f.rseq + 4, &registration_failed, sizeof registration_failed);          // cpu_id
    }
}

/// Per life, before it is worn.
void make_fresh(own_tls& b) noexcept {
    std::memcpy(b.thread_pointer + glibc().tid, &b.number, sizeof b.number);
    mark_rseq_unregistered(glibc(), b.thread_pointer);
}

void unmap(own_tls* b) noexcept {
    the_pool().strike(b);
    drop_tls(b->thread_pointer);
    b->~own_tls();
    unmap_memory(b, block_size());
}

base::result<own_tls*> map_block() noexcept {
    const std::uint32_t number = the_pool().take_number();
    if (number == 0) {
        return base::refusal{EAGAIN, "a number for a thread's TLS block"};
    }
    const long answer = map_memory(block_size());
    if (answer < 0 && answer > -4096) {
        the_pool().give_number(number);
        return base::refusal{static_cast<int>(-answer), "mmap of a thread's TLS block"};
    }
    auto* b = ::new (reinterpret_cast<void*>(answer)) own_tls;
    b->number = number;
    b->thread_pointer = thread_pointer_in(reinterpret_cast<char*>(b) + (sizeof(own_tls) + 63) / 64 * 64);
    if (auto made = make_tls(b->thread_pointer, {}); !made) {
        unmap_memory(b, block_size());
        the_pool().give_number(number);
        return made.why();
    }
    the_pool().enroll(b);
    return b;
}

/// What the kernel does for a kernel thread that ends (kernel/futex/core.c, exit_robust_list): mutexes on the thread's list that it still
/// owns are marked, and one waiter each is woken.
void abandon_robust_mutexes(const own_tls& b) noexcept {
    const glibc_facts& f = glibc();
    constexpr std::uint32_t waiters = 0x8000'0000, owner_died = 0x4000'0000, owner_mask = 0x3fff'ffff;
    const char* const head = b.thread_pointer + f.robust_head;
    const char* entry = nullptr;
    std::memcpy(&entry, head, sizeof entry);
    for (int limit = 2048; entry != head && entry && limit > 0; --limit) { // ROBUST_LIST_LIMIT
        const auto* node = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(entry) & ~std::uintptr_t{1});
        std::memcpy(&entry, node, sizeof entry);
        auto& futex = *reinterpret_cast<std::atomic<std::uint32_t>*>(const_cast<char*>(node) + static_cast<std::ptrdiff_t>(f.robust_futex_offset));
        // mo: relaxed: only we can change it while it names us.
        std::uint32_t seen = futex.load(std::memory_order_relaxed);
        while ((seen & owner_mask) == b.number) {
            // mo: release -> the next owner's lock: what we wrote under it. Failure relaxed: read again.
            if (futex.compare_exchange_weak(seen, (seen & waiters) | owner_died, std::memory_order_release, std::memory_order_relaxed)) {
                if ((seen & waiters) != 0) {
                    futex_wake(futex, 1, futex_scope::shared); // as libc waits for robust mutexes
                }
                break;
            }
        }
    }
    reset_descriptor(b.thread_pointer);
}

enum class by : std::uint8_t { unknown, instruction, system_call };
std::atomic<by> switched_by{by::unknown};

} // namespace

base::result<own_tls*> take_own_tls() noexcept {
    notice_fork();
    if (own_tls* b = the_pool().take()) {
        reset_descriptor(b->thread_pointer);
        if (auto renewed = renew_tls(b->thread_pointer); !renewed) {
            unmap(b);
            return renewed.why();
        }
        make_fresh(*b);
        return b;
    }
    auto fresh = map_block();
    if (fresh) {
        make_fresh(*fresh.value());
    }
    return fresh;
}

void give_own_tls(own_tls* b) noexcept {
    if (!the_pool().give(b)) {
        unmap(b);
    }
}

char* thread_pointer_of(const own_tls& b) noexcept {
    return b.thread_pointer;
}

void live_in_own_tls(own_tls& b, void* stack_low, std::size_t stack_size, std::size_t guard_size, void (*f)(void*), void* argument) {
    base::check(thread_pointer() == b.thread_pointer, "a thread runs under another thread's TLS");
    set_stack_bounds(b.thread_pointer, {stack_low, stack_size, guard_size});
    settle_in_tls(b.thread_pointer, b.resolver);
    run_with_exit_place(b.thread_pointer, f, argument);
}

void end_own_tls(own_tls& b) {
    leave_tls(b.thread_pointer, b.resolver);
    abandon_robust_mutexes(b);
}

[[gnu::noinline]] void wear_tls(char* tp) noexcept {
    // mo: relaxed: each thread would find the same answer.
    by way = switched_by.load(std::memory_order_relaxed);
    if (way == by::unknown) [[unlikely]] {
        way = has_user_fsbase() ? by::instruction : by::system_call;
        switched_by.store(way, std::memory_order_relaxed); // mo: relaxed: as above
    }
    thread* const me = this_thread();
    std::memcpy(tp + this_thread_offset(), &me, sizeof me);
    set_thread_pointer(tp, way == by::instruction);
}

void choose_tls_switch(tls_switch way) noexcept {
    // mo: relaxed: tests call it before there are threads.
    switched_by.store(way == tls_switch::automatic     ? by::unknown
                      : way == tls_switch::instruction ? by::instruction
                                                       : by::system_call,
                      std::memory_order_relaxed);
}

own_tls_state own_tls_blocks() noexcept {
    notice_fork();
    return the_pool().state();
}

thread* free_own_tls_after_fork(pid_t forker) noexcept {
    const own_tls* const its = the_pool().block_of(forker);
    the_pool().after_fork(its);
    thread* wearer = nullptr;
    if (its) {
        std::memcpy(&wearer, its->thread_pointer + this_thread_offset(), sizeof wearer);
    }
    return wearer;
}

} // namespace weft::kernel
#else

namespace weft::kernel {

// Never called: own_tls_possible is false.
base::result<own_tls*> take_own_tls() noexcept {
    return base::refusal{38, "own TLS in a build whose kernel threads are pthreads"}; // ENOSYS
}
void give_own_tls(own_tls*) noexcept {}
char* thread_pointer_of(const own_tls&) noexcept {
    return nullptr;
}
void live_in_own_tls(own_tls&, void*, std::size_t, std::size_t, void (*)(void*), void*) {}
void end_own_tls(own_tls&) {}
void wear_tls(char*) noexcept {}

} // namespace weft::kernel
#endif
