// SPDX-License-Identifier: MIT
// [thread.mutex], [thread.lock], [thread.once] of C++20.
#include "conformance.hpp"
#include <atomic>
#include <string>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using conformance::both;
using conformance::code_of;
using conformance::own_clock;
using conformance::stays;

template <class M>
constexpr bool is_a_mutex = std::is_default_constructible_v<M> && stays<M> && std::is_standard_layout_v<M> &&
                            std::is_void_v<decltype(std::declval<M&>().lock())> && std::is_same_v<bool, decltype(std::declval<M&>().try_lock())> &&
                            std::is_void_v<decltype(std::declval<M&>().unlock())>;
static_assert(is_a_mutex<mt::mutex> && is_a_mutex<mt::recursive_mutex> && is_a_mutex<mt::timed_mutex> &&
              is_a_mutex<mt::recursive_timed_mutex> && is_a_mutex<mt::shared_mutex> && is_a_mutex<mt::shared_timed_mutex>);
static_assert(std::is_nothrow_default_constructible_v<mt::mutex> && noexcept(std::declval<mt::recursive_mutex&>().try_lock()) &&
              noexcept(std::declval<mt::recursive_timed_mutex&>().try_lock()));
constinit mt::mutex early;
constinit mt::once_flag early_flag;

static_assert(stays<mt::once_flag> && std::is_nothrow_default_constructible_v<mt::once_flag>);
static_assert(std::is_same_v<mt::unique_lock<mt::mutex>::mutex_type, mt::mutex> && std::is_same_v<mt::shared_lock<mt::shared_mutex>::mutex_type, mt::shared_mutex> &&
              std::is_same_v<mt::scoped_lock<mt::timed_mutex>::mutex_type, mt::timed_mutex> && std::is_same_v<mt::lock_guard<mt::recursive_mutex>::mutex_type, mt::recursive_mutex>);
static_assert(stays<mt::lock_guard<mt::mutex>> && stays<mt::scoped_lock<mt::mutex, mt::shared_mutex>> && conformance::moves_only<mt::unique_lock<mt::mutex>> &&
              conformance::moves_only<mt::shared_lock<mt::shared_timed_mutex>>);
static_assert(std::is_empty_v<mt::defer_lock_t> && std::is_empty_v<mt::try_to_lock_t> && std::is_empty_v<mt::adopt_lock_t>);

template <class M>
bool free_for_another(M& m) {
    bool got = false;
    mt::thread([&] {
        got = m.try_lock();
        if (got) {
            m.unlock();
        }
    }).join();
    return got;
}

template <class M>
void excludes() {
    M m;
    m.lock();
    CHECK(!free_for_another(m));
    m.unlock();
    CHECK(free_for_another(m));
    CHECK(m.try_lock());
    CHECK(!free_for_another(m));
    m.unlock();
    {
        mt::lock_guard hold(m);
        CHECK(!free_for_another(m));
    }
    {
        m.lock();
        mt::lock_guard hold(m, mt::adopt_lock);
    }
    CHECK(free_for_another(m));
    long counter = 0;
    const auto add = [&] {
        for (int i = 0; i < 5000; ++i) {
            mt::scoped_lock hold(m);
            ++counter;
        }
    };
    both(add, add);
    CHECK(counter == 10000);
}

template <class M>
void counts_its_owner() {
    M m;
    m.lock();
    m.lock();
    CHECK(m.try_lock());
    m.unlock();
    CHECK(!free_for_another(m));
    m.unlock();
    CHECK(!free_for_another(m));
    m.unlock();
    CHECK(free_for_another(m));
}

template <class M>
void keeps_its_limits() {
    M m;
    CHECK(m.try_lock_for(1ms) && (m.unlock(), true));
    CHECK(m.try_lock_for(-1h) && (m.unlock(), true)); // no time at all is still a try
    CHECK(m.try_lock_until(own_clock::now() - 1h) && (m.unlock(), true));
    CHECK(m.try_lock_until(std::chrono::system_clock::now() + 1h) && (m.unlock(), true));
    m.lock();
    mt::thread([&] {
        auto before = std::chrono::steady_clock::now();
        CHECK(!m.try_lock_for(3ms) && std::chrono::steady_clock::now() - before >= 3ms);
        before = std::chrono::steady_clock::now();
        CHECK(!m.try_lock_for(std::chrono::duration<float, std::milli>(2.5f)) && std::chrono::steady_clock::now() - before >= 2ms);
        const auto limit = own_clock::now() + 3ms;
        CHECK(!m.try_lock_until(limit) && own_clock::now() >= limit);
        const auto wall = std::chrono::system_clock::now() + 3ms;
        CHECK(!m.try_lock_until(wall) && std::chrono::system_clock::now() >= wall);
        CHECK(!m.try_lock_for(0s) && !m.try_lock_until(std::chrono::steady_clock::time_point()));
        mt::unique_lock by_lock(m, 1ms);
        CHECK(!by_lock.owns_lock() && by_lock.mutex() == &m);
    }).join();
    mt::thread waits([&] { CHECK(m.try_lock_for(90s) && (m.unlock(), true)); });
    mt::this_thread::sleep_for(2ms);
    m.unlock();
    waits.join();
}

template <class M>
bool shared_by_another(M& m) {
    bool got = false;
    mt::thread([&] {
        got = m.try_lock_shared();
        if (got) {
            m.unlock_shared();
        }
    }).join();
    return got;
}

template <class M>
void shares() {
    M m;
    m.lock_shared();
    CHECK(shared_by_another(m) && !free_for_another(m));
    m.unlock_shared();
    m.lock();
    CHECK(!shared_by_another(m) && !free_for_another(m));
    m.unlock();
    mt::shared_lock a(m);
    CHECK(a.owns_lock() && a.mutex() == &m && a);
    mt::shared_lock<M> b(m, mt::defer_lock), c(m, mt::try_to_lock);
    CHECK(!b && c);
    c.unlock();
    mt::shared_lock<M> moved(std::move(a));
    CHECK(!a.mutex() && moved.owns_lock()); // NOLINT: moved from, on purpose
    swap(moved, b);
    CHECK(b.owns_lock() && !moved.owns_lock());
    CHECK(code_of([&] { b.lock(); }) == std::errc::resource_deadlock_would_occur);
    b.unlock();
    CHECK(free_for_another(m));
}

void shares_within_its_limits() {
    mt::shared_timed_mutex m;
    m.lock();
    mt::thread([&] {
        const auto limit = own_clock::now() + 2ms;
        CHECK(!m.try_lock_shared_until(limit) && own_clock::now() >= limit);
        const auto before = std::chrono::steady_clock::now();
        CHECK(!m.try_lock_shared_for(2ms) && std::chrono::steady_clock::now() - before >= 2ms);
        CHECK(!mt::shared_lock(m, std::chrono::system_clock::now() + 1ms));
    }).join();
    m.unlock();
    CHECK(m.try_lock_shared_for(-1s));
    CHECK(m.try_lock_shared_until(own_clock::now() - 1s));
    m.unlock_shared();
    m.unlock_shared();
}

void locks_say_what_is_wrong() {
    mt::mutex m;
    mt::unique_lock<mt::mutex> none;
    CHECK(!none && !none.mutex());
    CHECK(code_of([&] { none.lock(); }) == std::errc::operation_not_permitted);
    CHECK(code_of([&] { (void)none.try_lock(); }) == std::errc::operation_not_permitted);
    mt::unique_lock hold(m);
    CHECK(code_of([&] { hold.lock(); }) == std::errc::resource_deadlock_would_occur);
    CHECK(code_of([&] { (void)hold.try_lock(); }) == std::errc::resource_deadlock_would_occur);
    CHECK(hold.release() == &m && !hold.owns_lock());
    m.unlock();
    CHECK(code_of([&] { hold.unlock(); }) == std::errc::operation_not_permitted);
    mt::unique_lock again(m, mt::try_to_lock);
    CHECK(again.owns_lock());
}

/// Of five kinds at once; and a user's own, that counts.
struct users_lock {
    mt::mutex inside;
    std::atomic<int> tries = 0;
    void lock() { inside.lock(); }
    bool try_lock() { return ++tries, inside.try_lock(); }
    void unlock() { inside.unlock(); }
};

void many_at_once() {
    mt::mutex a;
    mt::timed_mutex b;
    mt::recursive_mutex c;
    mt::shared_mutex d;
    users_lock e;
    CHECK(mt::try_lock(a, b, c, d, e) == -1);
    mt::thread([&] {
        CHECK(mt::try_lock(b, a) == 0);
        mt::mutex mine;
        CHECK(mt::try_lock(mine, a) == 1 && free_for_another(mine));
    }).join();
    {
        mt::lock_guard ha(a, mt::adopt_lock);
        mt::lock_guard hb(b, mt::adopt_lock);
        mt::scoped_lock rest(mt::adopt_lock, c, d, e);
    }
    CHECK(free_for_another(a) && free_for_another(b) && free_for_another(c) && free_for_another(d) && free_for_another(e));
    int inside = 0;
    const auto one_way = [&] {
        for (int i = 0; i < 300; ++i) {
            mt::scoped_lock hold(a, b, c, d, e);
            CHECK(++inside == 1);
            mt::this_thread::yield();
            --inside;
        }
    };
    const auto other_way = [&] {
        for (int i = 0; i < 300; ++i) {
            mt::unique_lock he(e, mt::defer_lock);
            mt::unique_lock hc(c, mt::defer_lock);
            mt::lock(he, d, hc, a, b);
            CHECK(++inside == 1);
            mt::this_thread::yield();
            --inside;
            a.unlock();
            b.unlock();
            d.unlock();
        }
    };
    both(one_way, other_way);
    [[maybe_unused]] mt::scoped_lock<> nothing;
}

void once() {
    int calls = 0;
    mt::call_once(early_flag, [&] { ++calls; });
    mt::call_once(early_flag, [&] { ++calls; });
    CHECK(calls == 1);

    mt::once_flag flag;
    for (int i = 0; i < 3; ++i) {
        try {
            mt::call_once(flag, [&] {
                ++calls;
                throw std::string("again");
            });
            CHECK(false);
        } catch (const std::string& s) {
            CHECK(s == "again");
        }
    }
    CHECK(calls == 4);
    struct counter {
        int n = 0;
        void add(int by, std::unique_ptr<int> more) { n += by + *more; }
    } object;
    mt::call_once(flag, &counter::add, object, 3, std::make_unique<int>(4)); // a copy of nothing: invoked as given
    CHECK(object.n == 7);

    struct only_as_rvalue {
        int* out;
        void operator()() && { *out = 1; }
        void operator()() & { *out = 2; }
    };
    mt::once_flag another;
    int as = 0;
    mt::call_once(another, only_as_rvalue{&as});
    CHECK(as == 1);

    // Whoever returns has the effects of the one call, though the first one throws.
    for (int i = 0; i < 200; ++i) {
        mt::once_flag contended;
        int attempts = 0, value = 0;
        const auto call = [&] {
            try {
                mt::call_once(contended, [&] {
                    if (++attempts == 1) {
                        throw 1;
                    }
                    value = 5;
                });
                CHECK(value == 5);
            } catch (int) {
            }
        };
        both(call, call);
        CHECK(attempts == 2);
    }
    mt::once_flag outer, inner;
    int depth = 0;
    mt::call_once(outer, [&] { mt::call_once(inner, [&] { depth = 2; }); });
    CHECK(depth == 2);
}

} // namespace

int main() {
    {
        mt::lock_guard hold(early);
    }
    excludes<mt::mutex>();
    excludes<mt::timed_mutex>();
    excludes<mt::recursive_mutex>();
    excludes<mt::recursive_timed_mutex>();
    excludes<mt::shared_mutex>();
    excludes<mt::shared_timed_mutex>();
    excludes<users_lock>();
    counts_its_owner<mt::recursive_mutex>();
    counts_its_owner<mt::recursive_timed_mutex>();
    keeps_its_limits<mt::timed_mutex>();
    keeps_its_limits<mt::recursive_timed_mutex>();
    keeps_its_limits<mt::shared_timed_mutex>();
    shares<mt::shared_mutex>();
    shares<mt::shared_timed_mutex>();
    shares_within_its_limits();
    locks_say_what_is_wrong();
    many_at_once();
    once();
}
