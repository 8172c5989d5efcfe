// SPDX-License-Identifier: MIT
// spawn(f): starts f as a task, a stackful coroutine that any worker of the runtime may run and that may
// block anywhere in its call tree.
#pragma once
#include <weft/abi.hpp>
#include <weft/join_handle.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace weft {

struct spawn_options {
    std::string_view name = {}; ///< for dumps and panics; copied
    bool own_tls = false;       ///< thread_locals, errno, locale ... of its own, as weft::thread has: dearer to start and to switch to
};

namespace abi {

template <class F>
auto spawn_in(runtime_core* core, const spawn_options& options, F&& f) {
    using callable = std::decay_t<F>;
    static_assert(std::is_invocable_v<callable>, "weft::spawn wants something callable without arguments");
    using value = std::invoke_result_t<callable>;
    using body = closure<callable, value>;

    task* t = make_task(core);
    try {
        if (!options.name.empty()) {
            name_task(t, options.name);
        }
        if (options.own_tls) {
            give_own_tls(t);
        }
        body::build_in(*t, std::forward<F>(f));
    } catch (...) {
        abandon_task(t);
        throw;
    }
    t->operations = &body::operations;
    start_task(t);
    return join_handle<value>(t);
}

} // namespace abi

/// Starts f() as a task of the caller's runtime: the running task's, or for a foreign kernel thread the first
/// runtime that was made and still lives. f is copied or moved exactly once. Does not suspend, allocates no stack.
/// Throws no_runtime when no runtime lives, std::bad_alloc, and what f's copy or move throws.
/// Synchronises with the first instruction of f.
template <class F>
auto spawn(F&& f) {
    return abi::spawn_in(nullptr, {}, std::forward<F>(f));
}

template <class F>
auto spawn(const spawn_options& options, F&& f) {
    return abi::spawn_in(nullptr, options, std::forward<F>(f));
}

template <class F>
    requires std::is_invocable_v<std::decay_t<F>>
auto spawn(F&& f, const spawn_options& options) {
    return abi::spawn_in(nullptr, options, std::forward<F>(f));
}

} // namespace weft
