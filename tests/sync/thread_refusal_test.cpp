// SPDX-License-Identifier: MIT
// Threads and async calls that cannot be had: the kernel refuses the default runtime's kernel threads, or a stack to a thread that has
// been started. Each case runs in a child, because its limit does not come back.
#include "support/child.hpp"
#include "support/program.hpp"
#include <cstdlib>
#include <malloc.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <utility>
#include <weft/weft.hpp>

namespace {

/// Address space for `more` bytes and no more; returns the limit that was. The heap gets a reserve first, so that what is refused is what
/// the test is about and not the memory of the exception that tells of it.
rlim_t allow_only(rlim_t more) {
    REQUIRE(mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1);
    void* volatile reserve = std::malloc(16 << 20); // volatile: or the compiler would leave both calls out
    std::free(reserve);
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
    const rlim_t before = std::exchange(limit.rlim_cur, static_cast<rlim_t>(support::mapped_bytes()) + more);
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    return before;
}

void allow(rlim_t again) {
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = again;
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
}

template <class F>
std::error_code refusal_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return e.code();
    }
    return {};
}

void a_refused_default_runtime_is_a_resource_that_is_unavailable_and_the_next_thread_tries_again() {
    const auto how = support::run_in_child([] {
        REQUIRE(setenv("WEFT_WORKERS", "256", 1) == 0); // each has a stack of 128 KiB: more than is allowed
        const rlim_t before = allow_only(24 << 20);
        bool ran = false;
        REQUIRE(refusal_of([&] { weft::thread t([&] { ran = true; }); }) == std::errc::resource_unavailable_try_again);
        REQUIRE(refusal_of([&] { weft::jthread t([&] { ran = true; }); }) == std::errc::resource_unavailable_try_again);
        REQUIRE(refusal_of([&] { (void)weft::async(weft::launch::async, [&] { ran = true; }); }) ==
                std::errc::resource_unavailable_try_again);
        REQUIRE(!ran);
        auto deferred = weft::async([p = std::make_unique<int>(7)] { return *p; });
        REQUIRE(deferred.wait_for(std::chrono::seconds(0)) == weft::future_status::deferred);
        REQUIRE(deferred.get() == 7);
        REQUIRE(support::eventually([] { return support::count_threads() == 1; }));
        allow(before);
        REQUIRE(setenv("WEFT_WORKERS", "2", 1) == 0);
        weft::thread([&] { ran = true; }).join();
        return ran ? 0 : 1;
    });
    support::require_exit(how, 0, "a refused default runtime");
}

void a_started_thread_without_a_stack_ends_the_program_with_a_sentence() {
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 1, .stack_size = std::size_t{1} << 30});
        allow_only(256 << 20);
        weft::thread([] {}).join();
        return 0;
    });
    support::require_signal(how, SIGABRT, "a thread without a stack");
    REQUIRE(how.says("weft: a thread got no stack: task "));
    REQUIRE(how.says("the kernel refused"));
}

void an_async_call_without_a_stack_brings_the_refusal_as_its_outcome() {
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 1, .stack_size = std::size_t{1} << 30});
        const rlim_t before = allow_only(256 << 20);
        auto rider = std::make_shared<int>(1);
        auto f = weft::async(weft::launch::async, [rider] { return *rider; });
        REQUIRE(refusal_of([&] { (void)f.get(); }) == std::errc::not_enough_memory);
        REQUIRE(rider.use_count() == 1);
        allow(before);
        return weft::async(weft::launch::async, [] { return 0; }).get();
    });
    support::require_exit(how, 0, "an async call without a stack");
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(
        argc, argv,
        {{"a refused default runtime is a resource that is unavailable, and the next thread tries again",
          a_refused_default_runtime_is_a_resource_that_is_unavailable_and_the_next_thread_tries_again},
         {"a started thread without a stack ends the program with a sentence",
          a_started_thread_without_a_stack_ends_the_program_with_a_sentence},
         {"an async call without a stack brings the refusal as its outcome",
          an_async_call_without_a_stack_brings_the_refusal_as_its_outcome}});
}
