// SPDX-License-Identifier: MIT
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/thread_block.hpp"
#include "kernel/features.hpp"
#include "kernel/fork_mark.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/lock.hpp"
#include "kernel/own_tls.hpp"
#include "kernel/stack_list.hpp"
#include "kernel/stamps.hpp"
#include "kernel/syscall.hpp"
#include "kernel/tls_block.hpp"
#include <cerrno>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace weft::kernel {

namespace {

constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept {
    return (n + to - 1) & ~(to - 1);
}

class cache {
  public:
    thread* take(std::size_t stack_size) noexcept {
        guard hold(lock_);
        reap_locked();
        thread** link = &cached_;
        while (thread* b = *link) {
            if (b->stack_size == stack_size) {
                b->resting = false;
                *link = b->next;
                --cached_count_;
                return b;
            }
            link = &b->next;
        }
        return nullptr;
    }

    /// Returns a block that must be unmapped because the cache is full, else null.
    thread* give(thread* block) noexcept {
        block->used_before = true;
        // mo: relaxed: nobody else knows the block any more.
        block->ownership.store(thread_ownership::none, std::memory_order_relaxed);
        guard hold(lock_);
        return give_locked(block);
    }

    void add_dying(thread* block) noexcept {
        guard hold(lock_);
        block->next = dying_;
        dying_ = block;
        ++dying_count_;
    }

    void enroll(thread* block) noexcept {
        guard hold(lock_);
        block->previous_block = nullptr;
        block->next_block = blocks_;
        if (blocks_) {
            blocks_->previous_block = block;
        }
        // mo: release -> after_fork's walk: a child sees the list as it is at any moment, so the block is whole before it is on it.
        std::atomic_ref<thread*>(blocks_).store(block, std::memory_order_release);
        ++block_count_;
    }

    void strike(thread* block) noexcept {
        guard hold(lock_);
        (block->previous_block ? block->previous_block->next_block : blocks_) = block->next_block;
        if (block->next_block) {
            block->next_block->previous_block = block->previous_block;
        }
        --block_count_;
    }

    thread* take_all() noexcept {
        guard hold(lock_);
        reap_locked();
        thread* all = cached_;
        for (thread* b = all; b; b = b->next) {
            b->resting = false;
        }
        cached_ = nullptr;
        cached_count_ = 0;
        return all;
    }

    thread_cache_state state() noexcept {
        guard hold(lock_);
        reap_locked();
        return {cached_count_, dying_count_, block_count_};
    }

    /// In a child of fork(): nobody but the caller lives, whatever the parent's threads held or were about to do.
    void after_fork() noexcept {
        ::new (static_cast<void*>(&lock_)) lock;
        free_tls_locks_after_fork();
        cached_ = nullptr;
        cached_count_ = 0;
        dying_ = nullptr;
        dying_count_ = 0;
        const auto process = static_cast<pid_t>(system_call(SYS_getpid));
        const thread* const wearer = free_own_tls_after_fork(process);
        for (thread* b = blocks_; b; b = b->next_block) {
            // The forker may not be the one who comes here first: the child can have made a std::thread. glibc has written the
            // child's id into the forker's descriptor; all others still say what they were in the parent.
            pid_t tid = 0;
            std::memcpy(&tid, b->thread_pointer + glibc().tid, sizeof tid);
            if (b == wearer) { // the forker ran under a block of its own, and that one was told
                tid = process;
                std::memcpy(b->thread_pointer + glibc().tid, &tid, sizeof tid);
            }
            // mo: relaxed: nobody else looks at records now.
            if (tid == process && b->alive.load(std::memory_order_relaxed) != thread_gone) {
                b->tid.store(tid, std::memory_order_relaxed); // mo: relaxed: as above
                continue;
            }
            if (!b->resting) {
                forget_tls(b->thread_pointer); // its thread was in the middle of whatever it did
            }
            link_thread(b->thread_pointer); // glibc's list in the child holds the survivor alone
            // mo: relaxed: the only thread of this process writes and reads it.
            b->alive.store(thread_gone, std::memory_order_relaxed);
            b->used_before = true;
            // Blocks that somebody may join or detach stay with their handle, as those of ended threads.
            const auto owner = b->ownership.load(std::memory_order_relaxed); // mo: relaxed: as above
            b->resting = owner == thread_ownership::detached || owner == thread_ownership::none;
            if (b->resting) {
                b->next = cached_;
                cached_ = b;
                ++cached_count_;
            } else {
                b->ownership.store(thread_ownership::ended, std::memory_order_relaxed); // mo: relaxed: as above
            }
        }
    }

  private:
    /// Detached threads that are gone for good: into the cache. (Above its bound it grows by what died at once; give() shrinks it again.)
    void reap_locked() noexcept {
        thread** link = &dying_;
        while (thread* b = *link) {
            // mo: acquire -> the kernel's clearing of the word: the thread has left its stack.
            if (b->alive.load(std::memory_order_acquire) != thread_gone) {
                link = &b->next;
                continue;
            }
            *link = b->next;
            --dying_count_;
            b->used_before = true;
            // mo: relaxed: nobody else knows the block any more.
            b->ownership.store(thread_ownership::none, std::memory_order_relaxed);
            b->next = cached_;
            b->resting = true;
            cached_ = b;
            ++cached_count_;
        }
    }

    thread* give_locked(thread* block) noexcept {
        block->resting = true;
        block->next = cached_;
        cached_ = block;
        if (++cached_count_ <= most_cached) {
            return nullptr;
        }
        thread** link = &cached_; // the coldest
        while ((*link)->next) {
            link = &(*link)->next;
        }
        thread* coldest = *link;
        coldest->resting = false;
        *link = nullptr;
        --cached_count_;
        return coldest;
    }

    lock lock_;
    thread* cached_ = nullptr;  // guarded by lock_; last in, first out
    thread* dying_ = nullptr;   // guarded by lock_
    thread* blocks_ = nullptr;  // guarded by lock_
    std::size_t cached_count_ = 0;
    std::size_t dying_count_ = 0;
    std::size_t block_count_ = 0;
};

constinit cache the_cache;

constinit fork_mark mark;

/// The cache, put right first when this process is a fresh child of fork().
cache& usable_cache() noexcept {
    static const bool planted = (mark.plant(), true);
    (void)planted;
    mark.notice([] { the_cache.after_fork(); });
    return the_cache;
}

/// The whole mapping for a stack of this size.
std::size_t mapping_size_for(std::size_t stack_size) noexcept {
    return round_up(page_size() + stack_size + round_up(sizeof(thread), 64) + tls_block_size(), page_size());
}

void unmap(thread* block) noexcept {
    the_cache.strike(block);
    drop_tls(block->thread_pointer);
    char* mapping = block->mapping;
    const std::size_t size = block->mapping_size;
    block->~thread();
    (void)system_call(SYS_munmap, mapping, size);
}

bool protect_guard(char* low) noexcept {
    if (has_guard_advice() && install_guard(low, page_size()) == 0) {
        return true;
    }
    return system_call(SYS_mprotect, low, page_size(), PROT_NONE) == 0;
}

base::result<thread*> map_block(std::size_t stack_size) noexcept {
    const std::size_t size = mapping_size_for(stack_size);
    const std::size_t guard_size = page_size();
    const long answer = system_call(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (answer < 0 && answer > -4096) {
        return refusal{static_cast<int>(-answer), "mmap of a thread's stack"};
    }
    stamp(moment::mapped);
    char* low = reinterpret_cast<char*>(answer);
    if (!protect_guard(low)) {
        (void)system_call(SYS_munmap, low, size);
        return refusal{ENOMEM, "mprotect of a thread's guard page"};
    }
    stamp(moment::guarded);
    char* stack_top = low + guard_size + stack_size;
    auto* block = ::new (static_cast<void*>(stack_top)) thread;
    block->mapping = low;
    block->mapping_size = size;
    block->stack_low = low + guard_size;
    block->stack_size = stack_size;
    block->thread_pointer = thread_pointer_in(stack_top + round_up(sizeof(thread), 64));
    const stack_bounds bounds{low, guard_size + stack_size, guard_size};
    if (auto made = make_tls(block->thread_pointer, bounds); !made) {
        (void)system_call(SYS_munmap, low, size);
        return made.why();
    }
    the_cache.enroll(block);
    return block;
}

} // namespace

base::result<thread*> take_block(std::size_t stack_size) noexcept {
    cache& c = usable_cache();
    stack_size = round_up(stack_size, page_size());
    thread* const kept = c.take(stack_size);
    stamp(moment::cache_asked);
    if (thread* block = kept) {
        if (!block->used_before) {
            return block;
        }
        reset_descriptor(block->thread_pointer);
        if (auto renewed = renew_tls(block->thread_pointer); !renewed) {
            unmap(block);
            return renewed.why();
        }
        return block;
    }
    auto fresh = map_block(stack_size);
    if (!fresh && trim_thread_cache() != 0) {
        fresh = map_block(stack_size); // what we kept for later may be what is missing now
    }
    return fresh;
}

void notice_fork() noexcept {
    (void)usable_cache();
}

void give_block(thread* block) noexcept {
    if (thread* surplus = usable_cache().give(block)) {
        unmap(surplus);
    }
}

void leave_for_reaper(thread* block) noexcept {
    usable_cache().add_dying(block);
}

std::size_t trim_thread_cache() noexcept {
    std::size_t count = 0;
    thread* all = usable_cache().take_all();
    while (all) {
        thread* block = all;
        all = all->next;
        unmap(block);
        ++count;
    }
    return count;
}

thread_cache_state thread_cache() noexcept {
    return usable_cache().state();
}

} // namespace weft::kernel
#endif
