// SPDX-License-Identifier: MIT
// Waiting until a descriptor can be read or written. A task suspends, so its worker runs others; a foreign kernel thread blocks in
// ppoll(2). Any descriptor that epoll(7) knows will do: pipes, sockets, pidfds, eventfds, timerfds; a regular file is always ready.
#pragma once
#include <weft/this_task.hpp>
#include <weft/wait_list.hpp>

#include <chrono>
#include <cstdint>

namespace weft {

namespace abi {
enum class readiness : std::uint32_t { readable = 1, writable = 4 }; // POLLIN, POLLOUT
/// False when CLOCK_MONOTONIC has reached deadline_ns before.
bool await_readiness(int descriptor, readiness what, std::uint64_t deadline_ns);

/// As await_readiness, for a deadline on any clock: one that is not steady is asked again. Waits once at least.
template <class Clock, class Duration, class Wait>
bool until(const std::chrono::time_point<Clock, Duration>& when, Wait wait) {
    do {
        if (wait(deadline_at(when))) {
            return true;
        }
    } while (!reached(when));
    return false;
}
} // namespace abi

/// Returns when a read would not wait: data, end of file, an error, or the other end gone. The descriptor may be closed by others meanwhile;
/// the wait goes on with what it named at the start. Throws std::system_error (bad_file_descriptor when it is not open; too_many_files_open:
/// a waiting task holds a duplicate).
inline void await_readable(int descriptor) {
    (void)abi::await_readiness(descriptor, abi::readiness::readable, abi::no_deadline);
}
/// The same for a write of at least one byte (on a pipe: PIPE_BUF bytes).
inline void await_writable(int descriptor) {
    (void)abi::await_readiness(descriptor, abi::readiness::writable, abi::no_deadline);
}

/// The same with a limit; false when the time is up. When both happen at once, ready wins.
template <class Rep, class Period>
[[nodiscard]] bool await_readable_for(int descriptor, const std::chrono::duration<Rep, Period>& limit) {
    return abi::await_readiness(descriptor, abi::readiness::readable, abi::deadline_after(limit));
}
template <class Rep, class Period>
[[nodiscard]] bool await_writable_for(int descriptor, const std::chrono::duration<Rep, Period>& limit) {
    return abi::await_readiness(descriptor, abi::readiness::writable, abi::deadline_after(limit));
}
template <class Clock, class Duration>
[[nodiscard]] bool await_readable_until(int descriptor, const std::chrono::time_point<Clock, Duration>& when) {
    return abi::until(when, [&](std::uint64_t deadline) {
        return abi::await_readiness(descriptor, abi::readiness::readable, deadline);
    });
}
template <class Clock, class Duration>
[[nodiscard]] bool await_writable_until(int descriptor, const std::chrono::time_point<Clock, Duration>& when) {
    return abi::until(when, [&](std::uint64_t deadline) {
        return abi::await_readiness(descriptor, abi::readiness::writable, deadline);
    });
}

} // namespace weft
