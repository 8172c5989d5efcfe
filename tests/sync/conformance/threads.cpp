// SPDX-License-Identifier: MIT
// [thread.threads] and [thread.stoptoken] of C++20.
#include "conformance.hpp"
#include <algorithm>
#include <compare>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

namespace {

using namespace std::chrono_literals;
using conformance::code_of;
using conformance::moves_only;
using conformance::own_clock;

// ---- thread

using id = mt::thread::id;
static_assert(moves_only<mt::thread> && std::is_nothrow_default_constructible_v<mt::thread> && std::is_nothrow_swappable_v<mt::thread>);
static_assert(std::is_constructible_v<mt::thread, void (*)()> && !std::is_convertible_v<void (*)(), mt::thread> && !std::is_constructible_v<mt::thread, const mt::thread&>);
static_assert(noexcept(std::declval<const mt::thread&>().joinable()) && noexcept(std::declval<const mt::thread&>().get_id()) && noexcept(mt::thread::hardware_concurrency()) &&
              std::is_same_v<unsigned, decltype(mt::thread::hardware_concurrency())>);
static_assert(!std::is_void_v<mt::thread::native_handle_type> && std::is_same_v<decltype(std::declval<mt::thread&>().native_handle()), mt::thread::native_handle_type>);
static_assert(std::is_trivially_copyable_v<id> && std::is_nothrow_default_constructible_v<id> && std::three_way_comparable<id, std::strong_ordering> && std::totally_ordered<id>);
static_assert(noexcept(id() == id()) && noexcept(id() <=> id()) && noexcept(mt::this_thread::get_id()) && noexcept(mt::this_thread::yield()));
static_assert(std::is_default_constructible_v<std::hash<id>> && std::is_copy_assignable_v<std::hash<id>> && std::is_swappable_v<std::hash<id>> &&
              std::is_same_v<std::size_t, decltype(std::hash<id>()(id()))>);

template <class Char>
std::basic_string<Char> text(id which) {
    std::basic_ostringstream<Char> out;
    out << which;
    return out.str();
}

void ids() {
    CHECK(id() == id() && mt::thread().get_id() == id());
    const id me = mt::this_thread::get_id();
    id seen[2];
    mt::thread a([&] { seen[0] = mt::this_thread::get_id(); }), b([&] { seen[1] = mt::this_thread::get_id(); });
    const id of_a = a.get_id(), of_b = b.get_id();
    a.join();
    b.join();
    CHECK(seen[0] == of_a && seen[1] == of_b && a.get_id() == id());
    const id all[] = {id(), me, of_a, of_b};
    std::unordered_set<id> set;
    for (const id x : all) {
        CHECK(set.insert(x).second && text<char>(x) == text<char>(x) && text<wchar_t>(x) == text<wchar_t>(x) && std::hash<id>()(x) == std::hash<id>()(x));
        for (const id y : all) {
            CHECK((x == y) == (&*std::find(all, all + 4, x) == &*std::find(all, all + 4, y)));
            CHECK((x < y) + (x > y) + (x == y) == 1 && (x <= y) == !(x > y) && (x >= y) == !(x < y) && (x != y) == !(x == y));
            CHECK((x == y) == (text<char>(x) == text<char>(y)));
        }
    }
}

struct counts_copies {
    int copies = 0, moves = 0;
    counts_copies() = default;
    counts_copies(const counts_copies& o) : copies(o.copies + 1), moves(o.moves) {}
    counts_copies(counts_copies&& o) noexcept : copies(o.copies), moves(o.moves + 1) {}
};

void threads() {
    CHECK(code_of([] { mt::thread().join(); }) == std::errc::invalid_argument && code_of([] { mt::thread().detach(); }) == std::errc::invalid_argument);
    int got = 0;
    mt::thread t([&](int& to, std::unique_ptr<int> p, const char* s) { to = *p + static_cast<int>(std::string(s).size()); }, std::ref(got), std::make_unique<int>(3), "four");
    CHECK(t.joinable() && t.get_id() != id());
    t.join();
    CHECK(got == 7 && !t.joinable());
    CHECK(code_of([&] { t.join(); }) == std::errc::invalid_argument && code_of([&] { t.detach(); }) == std::errc::invalid_argument);

    struct object {
        int value = 0;
        void set(int v) { value = v; }
        void operator()() && { throw 1; }
    } o;
    mt::thread(&object::set, &o, 4).join();
    CHECK(o.value == 4);
    mt::thread(&object::set, std::ref(o), 5).join();
    CHECK(o.value == 5);
    counts_copies lvalue;
    mt::thread([](const counts_copies& l, const counts_copies& r) { CHECK(l.copies == 1 && r.copies == 0 && r.moves == 1); }, lvalue, counts_copies()).join();

    mt::thread mover([] {}), target;
    const id which = mover.get_id();
    target = std::move(mover);
    CHECK(!mover.joinable() && target.get_id() == which); // NOLINT: moved from, on purpose
    swap(mover, target);
    CHECK(mover.get_id() == which && !target.joinable());
    mt::thread last(std::move(mover));
    last.swap(target);
    target.join();

    mt::thread self;
    bool told = false;
    mt::mutex m;
    mt::unique_lock hold(m);
    self = mt::thread([&] {
        mt::lock_guard wait_for_the_assignment(m);
        told = code_of([&] { self.join(); }) == std::errc::resource_deadlock_would_occur;
    });
    hold.unlock();
    while (true) { // the object is the thread's own until it has tried
        hold.lock();
        if (told) {
            break;
        }
        hold.unlock();
        mt::this_thread::sleep_for(1ms);
    }
    hold.unlock();
    self.join();

    mt::binary_semaphore detached_ran(0);
    mt::thread d([&] { detached_ran.release(); });
    d.detach();
    CHECK(!d.joinable());
    detached_ran.acquire();
}

void sleeps() {
    const auto before = std::chrono::steady_clock::now();
    mt::this_thread::sleep_for(2ms);
    CHECK(std::chrono::steady_clock::now() - before >= 2ms);
    mt::this_thread::sleep_for(-1h);
    mt::this_thread::sleep_for(std::chrono::duration<double>(0.001));
    const auto when = own_clock::now() + 2ms;
    mt::this_thread::sleep_until(when);
    CHECK(own_clock::now() >= when);
    mt::this_thread::sleep_until(std::chrono::system_clock::now() - 1h);
    mt::this_thread::yield();
}

// ---- jthread

static_assert(moves_only<mt::jthread> && std::is_nothrow_default_constructible_v<mt::jthread> && std::is_nothrow_swappable_v<mt::jthread>);
static_assert(std::is_same_v<mt::jthread::id, id> && std::is_same_v<mt::jthread::native_handle_type, mt::thread::native_handle_type>);
static_assert(!std::is_convertible_v<void (*)(), mt::jthread> && noexcept(mt::jthread::hardware_concurrency()) && noexcept(std::declval<mt::jthread&>().request_stop()) &&
              noexcept(std::declval<mt::jthread&>().get_stop_source()) && noexcept(std::declval<const mt::jthread&>().get_stop_token()));

void jthreads() {
    mt::jthread none;
    CHECK(!none.joinable() && !none.get_stop_source().stop_possible() && !none.get_stop_token().stop_possible() && !none.request_stop());
    CHECK(code_of([&] { none.join(); }) == std::errc::invalid_argument);
    int stopped = 0;
    const auto until_stopped = [&](mt::stop_token token, int) {
        while (!token.stop_requested()) {
            mt::this_thread::yield();
        }
        ++stopped;
    };
    { mt::jthread t(until_stopped, 1); }
    CHECK(stopped == 1);
    mt::jthread t(until_stopped, 2);
    t = mt::jthread(); // asks and joins
    CHECK(stopped == 2 && !t.joinable());
    mt::jthread u(until_stopped, 3);
    mt::jthread v(std::move(u));
    CHECK(!u.joinable() && !u.get_stop_source().stop_possible() && v.get_stop_source().stop_possible()); // NOLINT: moved from, on purpose
    swap(u, v);
    CHECK(u.get_stop_token() == u.get_stop_source().get_token() && u.request_stop() && !u.request_stop());
    u.join();
    CHECK(stopped == 3 && u.get_stop_token().stop_requested());
    mt::jthread without([&](int n) { stopped = n; }, 7);
    without.join();
    CHECK(stopped == 7);
    mt::stop_token kept;
    {
        mt::jthread d([&](const mt::stop_token& token) { kept = token; });
        d.join();
    }
    CHECK(!kept.stop_possible() && !kept.stop_requested()); // joined, so not asked; and the source is gone
}

// ---- stop_token and its family

static_assert(std::is_nothrow_default_constructible_v<mt::stop_token> && std::is_nothrow_copy_constructible_v<mt::stop_token> && std::is_nothrow_copy_assignable_v<mt::stop_token> &&
              std::is_nothrow_move_constructible_v<mt::stop_token> && std::is_nothrow_move_assignable_v<mt::stop_token> && std::is_nothrow_swappable_v<mt::stop_token>);
static_assert(std::is_nothrow_copy_constructible_v<mt::stop_source> && std::is_nothrow_copy_assignable_v<mt::stop_source> && std::is_nothrow_move_constructible_v<mt::stop_source> &&
              std::is_nothrow_constructible_v<mt::stop_source, mt::nostopstate_t> && !std::is_convertible_v<mt::nostopstate_t, mt::stop_source> && std::is_nothrow_swappable_v<mt::stop_source>);
static_assert(std::is_same_v<decltype(mt::nostopstate), const mt::nostopstate_t> && std::is_empty_v<mt::nostopstate_t>);
static_assert(noexcept(std::declval<const mt::stop_token&>().stop_requested()) && noexcept(std::declval<const mt::stop_token&>().stop_possible()) && noexcept(std::declval<mt::stop_source&>().request_stop()) &&
              noexcept(std::declval<const mt::stop_source&>().get_token()));
using on_stop = mt::stop_callback<void (*)()>;
static_assert(conformance::stays<on_stop> && std::is_same_v<on_stop::callback_type, void (*)()> && std::is_nothrow_constructible_v<on_stop, mt::stop_token, void (*)()> &&
              !std::is_constructible_v<on_stop, mt::stop_token, int*> && !std::is_constructible_v<on_stop, void (*)()>);
struct throwing {
    throwing() = default;
    throwing(const throwing&) {} // NOLINT: may throw
    void operator()() const {}
};
static_assert(!std::is_nothrow_constructible_v<mt::stop_callback<throwing>, mt::stop_token, const throwing&>);
static_assert(std::is_same_v<decltype(mt::stop_callback(std::declval<mt::stop_token>(), throwing())), mt::stop_callback<throwing>>);

void stop_states() {
    mt::stop_source s;
    mt::stop_token t = s.get_token();
    CHECK(s.stop_possible() && t.stop_possible() && !t.stop_requested() && t == s.get_token() && t != mt::stop_token() && mt::stop_token() == mt::stop_token());
    mt::stop_source none(mt::nostopstate), other;
    CHECK(!none.stop_possible() && !none.request_stop() && !none.stop_requested() && none != s && s == mt::stop_source(s) && other != s);
    swap(s, none);
    CHECK(!s.stop_possible() && none.get_token() == t);
    s = none;
    const mt::stop_source empty(mt::nostopstate);
    none = empty;
    CHECK(t.stop_possible());
    CHECK(s.request_stop() && !s.request_stop() && s.stop_requested() && t.stop_requested());
    s = other;
    CHECK(t.stop_possible() && t.stop_requested()); // requested stays possible without a source
    t = other.get_token();
    other = s = empty;
    CHECK(!t.stop_possible());
}

void stop_callbacks() {
    mt::stop_source s;
    std::vector<int> order;
    mt::stop_callback a(s.get_token(), [&] { order.push_back(1); });
    {
        mt::stop_callback gone(s.get_token(), [&] { order.push_back(2); });
    }
    std::optional<mt::stop_callback<std::function<void()>>> itself;
    itself.emplace(s.get_token(), [&] {
        order.push_back(3);
        itself.reset(); // the callback's own object
    });
    mt::stop_callback nested(s.get_token(), [&] {
        mt::stop_callback at_once(s.get_token(), [&] { order.push_back(4); });
        CHECK(!s.request_stop());
    });
    CHECK(order.empty());
    const id me = mt::this_thread::get_id();
    id ran_in;
    auto note = [&] { ran_in = mt::this_thread::get_id(); };
    mt::stop_callback<decltype(note)&> by_reference(s.get_token(), note);
    CHECK(s.request_stop() && ran_in == me);
    std::sort(order.begin(), order.end());
    CHECK(order == std::vector<int>({1, 3, 4}));
    int late = 0;
    mt::stop_callback at_once(s.get_token(), [&] { ++late; });
    CHECK(late == 1);
    mt::stop_callback without(mt::stop_token(), [&] { ++late; });
    CHECK(late == 1);
    struct once {
        int* n;
        void operator()() && { ++*n; }
    };
    mt::stop_callback<once> as_rvalue(s.get_token(), once{&late});
    CHECK(late == 2);
}

/// A destructor in another thread waits for the callback that runs.
void a_destructor_waits() {
    mt::stop_source s;
    mt::binary_semaphore inside(0);
    bool left = false;
    std::optional<mt::stop_callback<std::function<void()>>> c;
    c.emplace(s.get_token(), [&] {
        inside.release();
        mt::this_thread::sleep_for(2ms);
        left = true;
    });
    mt::thread requester([&] { CHECK(s.request_stop()); });
    inside.acquire();
    c.reset();
    CHECK(left);
    requester.join();
}

} // namespace

int main() {
    ids();
    threads();
    sleeps();
    jthreads();
    stop_states();
    stop_callbacks();
    a_destructor_waits();
}
