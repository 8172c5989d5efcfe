// SPDX-License-Identifier: MIT
// Where a runtime's spare kernel threads are born. A new kernel thread inherits its creator's namespaces, directory and umask, and the creator
// of a spare is whoever makes work while a worker is without a kernel thread: any thread. A thread that is in namespaces of its own
// (weft::run_in) must therefore not be the one; it says where else.
#pragma once

namespace weft::scheduler {

using birth = bool (*)(void* argument);
/// Calls born(argument) on a thread that is as the process is, waits, and returns its answer. Must take no lock that a caller may hold.
using birthplace = bool (*)(birth born, void* argument) noexcept;

/// For the calling kernel thread, for the rest of its life.
void be_born_elsewhere(birthplace where) noexcept;

/// Calls f, which starts kernel threads, here or where this thread says.
[[nodiscard]] bool give_birth(birth born, void* argument) noexcept;

template <class F>
[[nodiscard]] bool give_birth(F f) noexcept {
    return give_birth([](void* argument) { return (*static_cast<F*>(argument))(); }, &f);
}

} // namespace weft::scheduler
