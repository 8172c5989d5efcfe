// SPDX-License-Identifier: MIT
// [futures] of C++20.
#include "conformance.hpp"
#include <functional>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using conformance::code_of;
using conformance::moves_only;
using conformance::own_clock;
using mt::future_errc;
using mt::future_status;

template <class F>
std::error_code error_of(F f) {
    return code_of<mt::future_error>(std::move(f));
}

// ---- the errors

static_assert(std::is_error_code_enum_v<future_errc> && std::is_base_of_v<std::logic_error, mt::future_error>);
static_assert(noexcept(mt::future_category()) && noexcept(mt::make_error_code(future_errc::no_state)) && noexcept(mt::make_error_condition(future_errc::no_state)));
static_assert(static_cast<int>(mt::launch::async) != 0 && static_cast<int>(mt::launch::deferred) != 0 && (mt::launch::async & mt::launch::deferred) == mt::launch{});
static_assert((~(mt::launch::async ^ mt::launch::deferred) & (mt::launch::async | mt::launch::deferred)) == mt::launch{});

void errors() {
    for (const future_errc each : {future_errc::broken_promise, future_errc::future_already_retrieved, future_errc::promise_already_satisfied, future_errc::no_state}) {
        CHECK(static_cast<int>(each) != 0);
        const std::error_code code = each;
        CHECK(code.category() == mt::future_category() && code == mt::make_error_code(each) && code == mt::make_error_condition(each));
        const mt::future_error error(each);
        CHECK(error.code() == each && std::string(error.what()).find(code.message()) != std::string::npos);
    }
    CHECK(std::string(mt::future_category().name()) == "future");
}

// ---- the types

static_assert(moves_only<mt::future<int>> && moves_only<mt::future<int&>> && moves_only<mt::future<void>>);
static_assert(std::is_nothrow_default_constructible_v<mt::future<int>> && noexcept(std::declval<mt::future<int>&>().share()) && noexcept(std::declval<const mt::future<int>&>().valid()));
static_assert(std::is_same_v<decltype(std::declval<mt::future<std::string>&>().get()), std::string> && std::is_same_v<decltype(std::declval<mt::future<int&>&>().get()), int&> &&
              std::is_void_v<decltype(std::declval<mt::future<void>&>().get())>);
using shared = mt::shared_future<std::string>;
static_assert(std::is_nothrow_copy_constructible_v<shared> && std::is_nothrow_copy_assignable_v<shared> && std::is_nothrow_move_constructible_v<shared> && std::is_nothrow_move_assignable_v<shared> &&
              std::is_nothrow_default_constructible_v<shared> && std::is_nothrow_constructible_v<shared, mt::future<std::string>> && std::is_convertible_v<mt::future<std::string>, shared>);
static_assert(std::is_same_v<decltype(std::declval<const shared&>().get()), const std::string&> && std::is_same_v<decltype(std::declval<const mt::shared_future<int&>&>().get()), int&> &&
              std::is_void_v<decltype(std::declval<const mt::shared_future<void>&>().get())>);
static_assert(moves_only<mt::promise<int>> && moves_only<mt::promise<int&>> && moves_only<mt::promise<void>> && std::is_nothrow_swappable_v<mt::promise<int>>);
static_assert(std::uses_allocator_v<mt::promise<int>, std::allocator<char>> && std::uses_allocator_v<mt::promise<void>, std::allocator<char>> &&
              std::is_constructible_v<mt::promise<int&>, std::allocator_arg_t, std::allocator<char>>);
using task = mt::packaged_task<int(int)>;
static_assert(moves_only<task> && std::is_nothrow_swappable_v<task> && std::is_nothrow_default_constructible_v<task> && noexcept(std::declval<const task&>().valid()));
static_assert(std::is_constructible_v<task, int (*)(int)> && !std::is_convertible_v<int (*)(int), task> && !std::is_constructible_v<task, const task&>);

int plain(int);
[[maybe_unused]] int silent(int) noexcept;
struct functor {
    long operator()(char, int&) const&;
};
[[maybe_unused]] auto lambda = [](double) mutable noexcept -> short { return 0; };
static_assert(std::is_same_v<decltype(mt::packaged_task(plain)), mt::packaged_task<int(int)>> && std::is_same_v<decltype(mt::packaged_task(&silent)), mt::packaged_task<int(int)>> &&
              std::is_same_v<decltype(mt::packaged_task(functor())), mt::packaged_task<long(char, int&)>> && std::is_same_v<decltype(mt::packaged_task(lambda)), mt::packaged_task<short(double)>>);

int plain(int x) {
    return x + 1;
}
int silent(int x) noexcept {
    return x;
}
long functor::operator()(char, int& x) const& {
    return x;
}

// ---- what they do

void promises() {
    mt::promise<std::string> p;
    auto f = p.get_future();
    CHECK(f.valid() && f.wait_for(0s) == future_status::timeout && f.wait_for(1ms) == future_status::timeout && f.wait_until(own_clock::now() + 1ms) == future_status::timeout);
    CHECK(error_of([&] { (void)p.get_future(); }) == future_errc::future_already_retrieved);
    mt::thread keeps([&] {
        mt::this_thread::sleep_for(1ms);
        p.set_value("kept");
    });
    CHECK(f.wait_until(own_clock::now() + 90s) == future_status::ready && f.wait_for(-1h) == future_status::ready);
    CHECK(f.get() == "kept" && !f.valid());
    keeps.join();
    CHECK(error_of([&] { p.set_value("twice"); }) == future_errc::promise_already_satisfied);
    CHECK(error_of([&] { p.set_exception(std::make_exception_ptr(1)); }) == future_errc::promise_already_satisfied);
    mt::promise<std::string> q(std::move(p)), r;
    swap(q, r);
    r.swap(q);
    CHECK(error_of([&] { p.set_value("from nothing"); }) == future_errc::no_state); // NOLINT: moved from, on purpose
    CHECK(error_of([&] { (void)p.get_future(); }) == future_errc::no_state);
    q = mt::promise<std::string>(std::allocator_arg, std::allocator<int>());
    f = q.get_future();
    q = std::move(r);
    CHECK(error_of([&] { (void)f.get(); }) == future_errc::broken_promise && !f.valid());

    int x = 0;
    mt::promise<int&> reference;
    reference.set_value(x);
    CHECK(&reference.get_future().get() == &x);
    mt::promise<void> nothing;
    auto done = nothing.get_future();
    nothing.set_exception(std::make_exception_ptr(std::string("thrown")));
    try {
        done.get();
        CHECK(false);
    } catch (const std::string& s) {
        CHECK(s == "thrown" && !done.valid());
    }
    mt::promise<std::unique_ptr<int>> pointer;
    pointer.set_value(std::make_unique<int>(3));
    CHECK(*pointer.get_future().get() == 3);
}

void at_the_thread_s_exit() {
    mt::promise<int> value, error;
    task work(plain);
    auto v = value.get_future(), e = error.get_future(), w = work.get_future();
    mt::promise<void> go, stored;
    mt::thread t([&] {
        value.set_value_at_thread_exit(5);
        CHECK(error_of([&] { value.set_value(6); }) == future_errc::promise_already_satisfied);
        error.set_exception_at_thread_exit(std::make_exception_ptr(7));
        work.make_ready_at_thread_exit(8);
        CHECK(error_of([&] { work(8); }) == future_errc::promise_already_satisfied);
        stored.set_value();
        go.get_future().wait();
    });
    stored.get_future().wait();
    CHECK(v.wait_for(0s) == future_status::timeout && e.wait_for(0s) == future_status::timeout && w.wait_for(0s) == future_status::timeout);
    go.set_value();
    CHECK(v.get() == 5 && w.get() == 9);
    try {
        (void)e.get();
        CHECK(false);
    } catch (int seven) {
        CHECK(seven == 7);
    }
    t.join();
}

void futures_without_a_state() {
    mt::future<int> f;
    mt::shared_future<void> s;
    CHECK(!f.valid() && !s.valid() && !f.share().valid());
}

void sharing() {
    mt::promise<std::string> p;
    shared first = p.get_future();
    const shared second = first;
    shared third(std::move(first));
    CHECK(!first.valid() && second.valid() && third.valid()); // NOLINT: moved from, on purpose
    first = second;
    mt::thread t([third] { CHECK(third.get() == "for all"); });
    p.set_value("for all");
    CHECK(&second.get() == &first.get() && second.valid());
    t.join();
    mt::promise<int> broken;
    const auto several = broken.get_future().share();
    broken.set_exception(std::make_exception_ptr(3));
    for (int i = 0; i < 3; ++i) {
        try {
            (void)several.get();
            CHECK(false);
        } catch (int three) {
            CHECK(three == 3 && several.valid());
        }
    }
}

void tasks() {
    task none;
    CHECK(!none.valid());
    CHECK(error_of([&] { none(1); }) == future_errc::no_state && error_of([&] { (void)none.get_future(); }) == future_errc::no_state &&
          error_of([&] { none.reset(); }) == future_errc::no_state && error_of([&] { none.make_ready_at_thread_exit(1); }) == future_errc::no_state);
    task t(plain);
    auto f = t.get_future();
    CHECK(error_of([&] { (void)t.get_future(); }) == future_errc::future_already_retrieved);
    t(4);
    CHECK(f.get() == 5 && error_of([&] { t(4); }) == future_errc::promise_already_satisfied);
    t.reset();
    f = t.get_future();
    t.reset();
    CHECK(error_of([&] { (void)f.get(); }) == future_errc::broken_promise);
    f = t.get_future();
    swap(t, none);
    CHECK(none.valid() && !t.valid());
    mt::thread(std::move(none), 1).join();
    CHECK(f.get() == 2 && !none.valid()); // NOLINT: moved from, on purpose

    mt::packaged_task<void(std::unique_ptr<int>, int&)> takes([](std::unique_ptr<int> p, int& to) { return to = *p; });
    int to = 0;
    takes(std::make_unique<int>(9), to);
    takes.get_future().get();
    CHECK(to == 9);
    mt::packaged_task<int()> throws([]() -> int { throw 11; });
    throws();
    try {
        (void)throws.get_future().get();
        CHECK(false);
    } catch (int eleven) {
        CHECK(eleven == 11);
    }
    struct holder {
        int value = 12;
        int get() const { return value; }
    };
    mt::packaged_task<int(const holder&)> member(&holder::get), field(&holder::value);
    const holder h;
    member(h);
    field(h);
    CHECK(member.get_future().get() == 12 && field.get_future().get() == 12);
    mt::future<int> left_behind;
    {
        task unused(plain);
        left_behind = unused.get_future();
    }
    CHECK(error_of([&] { (void)left_behind.get(); }) == future_errc::broken_promise);
}

void calls() {
    const auto me = mt::this_thread::get_id();
    auto elsewhere = mt::async(mt::launch::async, [] { return mt::this_thread::get_id(); });
    CHECK(elsewhere.wait_for(90s) == future_status::ready && elsewhere.get() != me);
    int runs = 0;
    auto later = mt::async(mt::launch::deferred, [&] { return ++runs, mt::this_thread::get_id(); });
    CHECK(later.wait_for(0s) == future_status::deferred && later.wait_for(1ms) == future_status::deferred && later.wait_until(own_clock::now()) == future_status::deferred && runs == 0);
    later.wait();
    CHECK(runs == 1 && later.wait_for(0s) == future_status::ready && later.get() == me && runs == 1);
    { auto never = mt::async(mt::launch::deferred, [&] { ++runs; }); }
    CHECK(runs == 1);
    int x = 1;
    CHECK(&mt::async([](int& r) -> int& { return r; }, std::ref(x)).get() == &x);
    CHECK(mt::async(mt::launch::async | mt::launch::deferred, [](std::unique_ptr<int> p) { return *p; }, std::make_unique<int>(2)).get() == 2);
    struct object {
        int twice(int n) const { return 2 * n; }
    };
    CHECK(mt::async(mt::launch::async, &object::twice, object(), 4).get() == 8);
    for (const mt::launch policy : {mt::launch::async, mt::launch::deferred}) {
        auto f = mt::async(policy, []() -> void { throw std::string("out of the call"); });
        try {
            f.get();
            CHECK(false);
        } catch (const std::string&) {
        }
    }
    bool ended = false;
    {
        auto f = mt::async(mt::launch::async, [&] {
            mt::this_thread::sleep_for(2ms);
            ended = true;
        });
        const auto s = f.share();
        const auto t = s;
    }
    CHECK(ended); // the last one has waited
}

} // namespace

int main() {
    errors();
    promises();
    at_the_thread_s_exit();
    futures_without_a_state();
    sharing();
    tasks();
    calls();
}
