// SPDX-License-Identifier: MIT
#include "kernel/futex.hpp"
#include "base/check.hpp"

namespace weft::kernel {

futex_outcome futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         std::uint64_t deadline_ns, futex_scope scope) noexcept {
    timespec deadline{};
    const timespec* limit = nullptr;
    if (deadline_ns != never) {
        deadline.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000u);
        deadline.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000u);
        limit = &deadline;
    }
    // FUTEX_WAIT_BITSET rather than FUTEX_WAIT: its timeout is absolute, so a spurious return does not
    // lengthen the wait.
    const long answer = system_call(SYS_futex, &word, FUTEX_WAIT_BITSET | static_cast<int>(scope), expected,
                                    limit, nullptr, FUTEX_BITSET_MATCH_ANY);
    switch (answer) {
    case 0:       // woken
    case -EAGAIN: // the word had changed already
    case -EINTR:  // a signal handler ran
        return futex_outcome::woken_or_changed;
    case -ETIMEDOUT:
        return futex_outcome::timed_out;
    case -EFAULT: // the word is not mapped: a use after free
        base::panic("futex_wait: the word is not mapped");
    case -EINVAL: // misaligned word or a malformed deadline
        base::panic("futex_wait: misaligned word or malformed deadline");
    default:
        base::panic("futex_wait: an answer that futex(2) does not list");
    }
}

int futex_wake(const std::atomic<std::uint32_t>& word, int count, futex_scope scope) noexcept {
    const long answer = system_call(SYS_futex, &word, FUTEX_WAKE | static_cast<int>(scope), count);
    if (answer >= 0) {
        return static_cast<int>(answer);
    }
    switch (answer) {
    case -EFAULT: // the sleeper saw the change, left and unmapped the word: legal, nobody to wake
        return 0;
    case -EINVAL: // the word became a PI futex: somebody else's memory now, nobody of ours there
        return 0;
    default:
        base::panic("futex_wake: an answer that futex(2) does not list");
    }
}

} // namespace weft::kernel
