// SPDX-License-Identifier: MIT
// How a child of fork() finds out that it is one: a page that fork clears in the child (MADV_WIPEONFORK).
//
//   whole(1) -- fork, in the child --> wiped(0) -- the first who looks: CAS --> repairing(2) -- store --> whole
//
// Rejected: an atfork handler. It does not run after _Fork(3), nor after a bare clone(2) that copies memory, and what it repairs would be
// repaired in children that go straight on to exec as well. A process id kept beside: a system call for each look, and ids come again.
//
// I1  Whoever uses what a mark watches over calls notice() first. So nobody in the child is in the middle of a use when the repair runs.
#pragma once
#include "kernel/guard_page.hpp"
#include "kernel/memory.hpp"
#include "kernel/syscall.hpp"
#include <atomic>
#include <cstdint>
#include <new>
#include <sys/mman.h>

namespace weft::kernel {

class fork_mark {
  public:
    constexpr fork_mark() noexcept = default;
    fork_mark(const fork_mark&) = delete;
    fork_mark& operator=(const fork_mark&) = delete;

    /// Makes the page, once; without it (no memory) no child is noticed.
    void plant() noexcept {
        // mo: relaxed: a look; the CAS decides.
        if (word_.load(std::memory_order_relaxed)) {
            return;
        }
        const long answer = map_memory(page_size());
        if (answer < 0 && answer > -4096) {
            return;
        }
        if (system_call(SYS_madvise, answer, page_size(), MADV_WIPEONFORK) == 0) {
            word* none = nullptr;
            // mo: release -> notice's and wiped's acquire: the page says whole. Failure relaxed: another's page is there.
            if (word_.compare_exchange_strong(none, ::new (reinterpret_cast<void*>(answer)) word{whole}, std::memory_order_release,
                                              std::memory_order_relaxed)) {
                return;
            }
        }
        unmap_memory(reinterpret_cast<void*>(answer), page_size());
    }

    /// True in a child that has not been repaired.
    [[nodiscard]] bool wiped() const noexcept {
        // mo: acquire -> plant's CAS.
        const word* const w = word_.load(std::memory_order_acquire);
        // mo: acquire -> notice's store of `whole`.
        return w && w->load(std::memory_order_acquire) != whole;
    }

    /// In a child that has not been repaired: repair(), by one thread, while all others wait. repair must not notice this mark again.
    template <class Repair>
    void notice(Repair repair) noexcept {
        while (wiped()) {
            // mo: relaxed: wiped() has acquired it.
            word& w = *word_.load(std::memory_order_relaxed);
            std::uint32_t seen = cleared;
            // mo: acquire: nobody else repairs; failure relaxed: the loop reads again.
            if (w.compare_exchange_strong(seen, repairing, std::memory_order_acquire, std::memory_order_relaxed)) {
                repair();
                w.store(whole, std::memory_order_release); // mo: release -> wiped's load
            } else {
                (void)system_call(SYS_sched_yield); // another thread of this child was first
            }
        }
    }

  private:
    using word = std::atomic<std::uint32_t>;
    static constexpr std::uint32_t cleared = 0, whole = 1, repairing = 2;
    std::atomic<word*> word_{nullptr}; // atomic, see mo
};

} // namespace weft::kernel
