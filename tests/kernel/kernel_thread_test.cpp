// SPDX-License-Identifier: MIT
// weft::kernel_thread against the specification of std::thread, clause by clause ([thread.thread.class]); the clauses that end the
// program are in kernel_thread_death_test.cpp.
#include "support/program.hpp"
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <unordered_set>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

static_assert(std::is_nothrow_default_constructible_v<kernel_thread>);
static_assert(!std::is_copy_constructible_v<kernel_thread> && !std::is_copy_assignable_v<kernel_thread>);
static_assert(!std::is_constructible_v<kernel_thread, const kernel_thread&>);
static_assert(!std::is_constructible_v<kernel_thread, const kernel_thread>);
static_assert(std::is_nothrow_move_constructible_v<kernel_thread> && std::is_nothrow_move_assignable_v<kernel_thread>);
static_assert(std::is_nothrow_destructible_v<kernel_thread> && std::is_nothrow_swappable_v<kernel_thread>);
static_assert(!std::is_convertible_v<void (*)(), kernel_thread>, "the constructor from a callable is explicit");
static_assert(std::is_trivially_copyable_v<kernel_thread::id> && std::is_nothrow_default_constructible_v<kernel_thread::id>);
static_assert(std::is_same_v<decltype(std::declval<const kernel_thread&>().native_handle()), kernel_thread::native_handle_type>);
static_assert(noexcept(std::declval<kernel_thread&>().joinable()) && noexcept(kernel_thread::hardware_concurrency()));
static_assert(std::is_default_constructible_v<std::hash<kernel_thread::id>>);
static_assert(noexcept(weft::this_kernel_thread::get_id()));
static_assert(std::is_same_v<std::compare_three_way_result_t<kernel_thread::id>, std::strong_ordering>);

namespace {

template <class F>
std::error_code code_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        REQUIRE(std::string(e.what()).size() > 20); // a sentence, not a bare code
        return e.code();
    }
    return {};
}

void default_made() {
    kernel_thread none;
    REQUIRE(!none.joinable() && none.get_id() == kernel_thread::id() && none.native_handle() == 0);
}

void runs_and_joins() {
    int seen = 0;
    kernel_thread t([&] { seen = 1; });
    REQUIRE(t.joinable() && t.get_id() != kernel_thread::id());
    t.join();
    REQUIRE(seen == 1); // its end synchronises with join
    REQUIRE(!t.joinable() && t.get_id() == kernel_thread::id() && t.native_handle() == 0);
}

void detached() {
    auto done = std::make_shared<std::atomic<bool>>(false);
    kernel_thread t([done] { *done = true; });
    t.detach();
    REQUIRE(!t.joinable() && t.get_id() == kernel_thread::id());
    REQUIRE(support::eventually([&] { return done->load(); }));
    REQUIRE(support::eventually([&] { return done.use_count() == 1; })); // its copy was destroyed, too
}

void moves() {
    std::atomic<int> runs{0};
    kernel_thread a([&] { ++runs; });
    const auto id = a.get_id();
    kernel_thread b(std::move(a));
    REQUIRE(!a.joinable() && a.get_id() == kernel_thread::id() && b.joinable() && b.get_id() == id); // NOLINT: moved from
    kernel_thread c;
    kernel_thread& assigned = (c = std::move(b));
    REQUIRE(&assigned == &c && !b.joinable() && c.get_id() == id); // NOLINT: moved from
    c.join();
    c = kernel_thread([&] { ++runs; }); // over a joined one
    c.join();
    REQUIRE(runs == 2);
}

void swaps() {
    kernel_thread a([] {});
    kernel_thread b([] {});
    kernel_thread none;
    const auto a_id = a.get_id();
    const auto b_id = b.get_id();
    a.swap(b);
    REQUIRE(a.get_id() == b_id && b.get_id() == a_id);
    swap(a, b);
    REQUIRE(a.get_id() == a_id && b.get_id() == b_id);
    std::swap(a, none);
    REQUIRE(!a.joinable() && none.get_id() == a_id);
    none.join();
    b.join();
}

void in_containers() {
    std::vector<kernel_thread> threads;
    std::atomic<int> sum{0};
    for (int i = 1; i <= 20; ++i) {
        threads.emplace_back([&sum](int n) { sum += n; }, i);
    }
    for (kernel_thread& t : threads) {
        t.join();
    }
    REQUIRE(sum == 210);
}

struct counts {
    static inline std::atomic<int> copies{0};
    static inline std::atomic<int> moves{0};
    static inline std::atomic<int> alive{0};
    static void reset() { copies = moves = 0; }
    counts() { ++alive; }
    counts(const counts&) { ++copies, ++alive; }
    counts(counts&&) noexcept { ++moves, ++alive; }
    counts& operator=(const counts&) = default;
    ~counts() { --alive; }
};

void arguments_are_decay_copied() {
    // Copied once, by the constructor's caller; invoked as an rvalue of the copy.
    counts argument;
    counts::reset();
    kernel_thread([](const counts&) {}, argument).join();
    REQUIRE(counts::copies == 1 && counts::moves == 0);
    counts::reset();
    kernel_thread([](const counts&) {}, std::move(argument)).join(); // NOLINT: empty anyway
    REQUIRE(counts::copies == 0 && counts::moves == 1);
    counts::reset();
    kernel_thread([](counts) {}, argument).join(); // NOLINT: by value: one copy in, one move into the parameter
    REQUIRE(counts::copies == 1 && counts::moves == 1);
    counts::reset();
    kernel_thread([captured = counts()] { (void)captured; }).join();
    REQUIRE(counts::copies == 0);
    REQUIRE(counts::alive == 1);

    std::string decayed;
    const char text[] = "array";
    kernel_thread([&](auto what) {
        static_assert(std::is_same_v<decltype(what), const char*>);
        decayed = what;
    }, text).join();
    REQUIRE(decayed == "array");
    int value = 1;
    kernel_thread([](int&& mine) { mine = 2; }, value).join(); // its own copy
    REQUIRE(value == 1);
    kernel_thread([](int& shared) { shared = 3; }, std::ref(value)).join();
    REQUIRE(value == 3);
}

void copies_are_made_by_the_creator() {
    struct traveller {
        std::thread::id born = std::this_thread::get_id();
        traveller() = default;
        traveller(const traveller&) : born(std::this_thread::get_id()) {}
    };
    const traveller one;
    const auto here = std::this_thread::get_id();
    bool same = false;
    kernel_thread([&](const traveller& t) { same = t.born == here; }, one).join();
    REQUIRE(same);
    struct refuses {
        refuses() = default;
        refuses(const refuses&) { throw 7; }
    };
    const refuses r;
    bool called = false;
    try {
        kernel_thread t([&](const refuses&) { called = true; }, r);
        REQUIRE(false);
    } catch (int e) {
        REQUIRE(e == 7 && !called);
    }
}

void move_only_arguments() {
    auto owned = std::make_unique<int>(5);
    int got = 0;
    kernel_thread([&](std::unique_ptr<int> p) { got = *p; }, std::move(owned)).join();
    REQUIRE(got == 5);
    kernel_thread([&got, p = std::make_unique<int>(6)] { got = *p; }).join();
    REQUIRE(got == 6);
}

struct callee {
    int value = 0;
    void add(int n) { value += n; }
    int operator()(int n) && { return value = n; }
};
int free_total = 0;
void free_function(int a, int b) { free_total = a + b; }

void every_kind_of_callable() {
    kernel_thread(free_function, 1, 2).join();
    REQUIRE(free_total == 3);
    kernel_thread(&free_function, 3, 4).join();
    REQUIRE(free_total == 7);
    callee object;
    kernel_thread(&callee::add, &object, 5).join();
    REQUIRE(object.value == 5);
    kernel_thread(&callee::add, std::ref(object), 5).join();
    REQUIRE(object.value == 10);
    kernel_thread(callee(), 3).join(); // an rvalue call operator: the copy is used up
    auto shared = std::make_shared<callee>();
    kernel_thread(&callee::add, shared, 8).join();
    REQUIRE(shared->value == 8 && shared.use_count() == 1);
    std::function<void()> wrapped = [] { free_total = 99; };
    kernel_thread(wrapped).join();
    REQUIRE(free_total == 99);
    kernel_thread([] { return 5; }).join(); // the value is dropped
}

void identities() {
    const auto mains = weft::this_kernel_thread::get_id();
    REQUIRE(mains != kernel_thread::id() && mains == weft::this_kernel_thread::get_id());
    std::set<kernel_thread::id> ordered{mains};
    std::unordered_set<kernel_thread::id> hashed{mains};
    for (int i = 0; i < 100; ++i) { // one after the other: the kernel's ids and the memory come again, these must not
        kernel_thread::id inside;
        kernel_thread t([&] { inside = weft::this_kernel_thread::get_id(); });
        const auto outside = t.get_id();
        t.join();
        REQUIRE(inside == outside);
        REQUIRE(ordered.insert(outside).second && hashed.insert(outside).second);
    }
    kernel_thread::id of_std;
    std::thread([&] { of_std = weft::this_kernel_thread::get_id(); }).join();
    REQUIRE(ordered.insert(of_std).second);
    const auto a = *ordered.begin();
    const auto b = *ordered.rbegin();
    REQUIRE(a < b && b > a && a <= b && b >= a && a != b && !(a == b) && (a <=> a) == std::strong_ordering::equal);
    REQUIRE(std::hash<kernel_thread::id>{}(a) == std::hash<kernel_thread::id>{}(a));
    std::ostringstream one, again, other;
    std::wostringstream wide;
    one << a;
    again << a;
    other << b;
    wide << a;
    REQUIRE(!one.str().empty() && one.str() == again.str() && one.str() != other.str() && !wide.str().empty());
}

void native_ids() {
    std::atomic<pid_t> inside{0};
    std::atomic<bool> leave{false};
    kernel_thread t([&] {
        REQUIRE(weft::this_kernel_thread::native_id() == gettid());
        inside = gettid();
        REQUIRE(support::eventually([&] { return leave.load(); }));
    });
    REQUIRE(t.native_handle() > 0 && t.native_handle() != getpid());
    REQUIRE(support::eventually([&] { return inside != 0; }));
    REQUIRE(t.native_handle() == inside);
    leave = true;
    t.join();
    REQUIRE(weft::this_kernel_thread::native_id() == gettid());
}

void errors() {
    kernel_thread t([] {});
    t.join();
    REQUIRE(code_of([&] { t.join(); }) == std::errc::invalid_argument);
    REQUIRE(code_of([&] { t.detach(); }) == std::errc::invalid_argument);
    kernel_thread none;
    REQUIRE(code_of([&] { none.join(); }) == std::errc::invalid_argument);
    REQUIRE(code_of([&] { none.detach(); }) == std::errc::invalid_argument);
    kernel_thread gone([] {});
    gone.detach();
    REQUIRE(code_of([&] { gone.join(); }) == std::errc::invalid_argument);
    REQUIRE(code_of([&] { gone.detach(); }) == std::errc::invalid_argument);
    std::error_code self_join;
    std::atomic<bool> ready{false};
    std::atomic<bool> tried{false};
    kernel_thread self([&] {
        REQUIRE(support::eventually([&] { return ready.load(); }));
        self_join = code_of([&] { self.join(); });
        tried = true;
    });
    ready = true; // `self` names the thread by now
    REQUIRE(support::eventually([&] { return tried.load(); }));
    self.join(); // refused there, still joinable here
    REQUIRE(self_join == std::errc::resource_deadlock_would_occur);
}

void concurrency() {
    const unsigned cpus = kernel_thread::hardware_concurrency();
    REQUIRE(cpus >= 1 && cpus <= std::thread::hardware_concurrency());
}

void start_is_ordered_before_the_body() {
    for (int i = 0; i < 300; ++i) {
        int plain = 0;
        int answer = 0;
        plain = i;
        kernel_thread t([&] { answer = plain + 1; });
        t.join();
        REQUIRE(answer == i + 1);
    }
}

void join_waits_for_thread_locals() {
    static std::atomic<int> ended;
    ended = 0;
    struct slow {
        ~slow() {
            support::sleep_ms(20);
            ended = 1;
        }
        void touch() const { asm volatile("" : : "r"(this)); }
    };
    kernel_thread([] {
        static thread_local slow s;
        s.touch();
    }).join();
    REQUIRE(ended == 1);
}

void another_thread_may_join() {
    std::atomic<int> steps{0};
    kernel_thread first([&] { ++steps; });
    kernel_thread second([t = std::move(first), &steps]() mutable {
        t.join();
        ++steps;
    });
    second.join();
    REQUIRE(steps == 2);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"a default-made one names no thread", default_made},
         {"it runs the callable, and join sees what it wrote", runs_and_joins},
         {"a detached one ends alone", detached},
         {"a move hands over the thread", moves},
         {"swap exchanges the threads", swaps},
         {"containers hold it", in_containers},
         {"arguments are decay-copied, once", arguments_are_decay_copied},
         {"copies are made, and throw, on the creator", copies_are_made_by_the_creator},
         {"move-only arguments and captures", move_only_arguments},
         {"functions, members, functors, wrappers", every_kind_of_callable},
         {"ids are unique, ordered, hashable and printable", identities},
         {"native_handle is gettid()", native_ids},
         {"join and detach refuse with the standard's codes", errors},
         {"hardware_concurrency counts usable CPUs", concurrency},
         {"the constructor synchronises with the body", start_is_ordered_before_the_body},
         {"join waits for the thread_local destructors", join_waits_for_thread_locals},
         {"any thread may join", another_thread_may_join}});
}
