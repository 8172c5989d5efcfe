// SPDX-License-Identifier: MIT
// thread::id against [thread.thread.id] of C++20.
#include "agents.hpp"
#include <algorithm>
#include <compare>
#include <functional>
#include <iomanip>
#include <locale>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <unordered_set>
#include <weft/thread.hpp>

namespace {

using id = weft::thread::id;

static_assert(std::is_trivially_copyable_v<id> && std::is_nothrow_default_constructible_v<id> && std::is_standard_layout_v<id>);
static_assert(std::is_same_v<weft::jthread::id, id>);
static_assert(std::three_way_comparable<id, std::strong_ordering> && std::totally_ordered<id>);
static_assert(noexcept(id() == id()) && noexcept(id() <=> id()) && noexcept(weft::this_thread::get_id()));
static_assert(std::is_default_constructible_v<std::hash<id>> && std::is_copy_assignable_v<std::hash<id>> &&
              std::is_invocable_r_v<std::size_t, const std::hash<id>&, const id&> && noexcept(std::hash<id>{}(id())));
static_assert(!std::is_convertible_v<std::uint64_t, id>);

WEFT_WITH_AGENTS(ids);

TEST_P(ids, a_default_one_names_no_thread) {
    run(0, [] {
        EXPECT_EQ(id(), id());
        EXPECT_EQ(weft::thread().get_id(), id());
        EXPECT_NE(weft::this_thread::get_id(), id());
        EXPECT_EQ(std::hash<id>{}(id()), std::hash<id>{}(id()));
    });
}

TEST_P(ids, a_thread_sees_the_id_that_its_creator_sees) {
    run(0, [] {
        id inside;
        weft::thread t([&] { inside = weft::this_thread::get_id(); });
        const id outside = t.get_id();
        t.join();
        EXPECT_EQ(inside, outside);
    });
}

TEST_P(ids, stays_the_same_across_suspensions_and_blocking_sections) {
    run(0, [] {
        const id before = weft::this_thread::get_id();
        for (int i = 0; i < 20; ++i) {
            weft::this_thread::sleep_for(std::chrono::microseconds(100));
            EXPECT_EQ(weft::this_thread::get_id(), before);
        }
        weft::blocking([&] { EXPECT_EQ(weft::this_thread::get_id(), before); });
        EXPECT_EQ(weft::this_thread::get_id(), before);
    });
}

TEST_P(ids, are_distinct_for_threads_tasks_and_kernel_threads_and_are_not_used_again) {
    std::mutex lock;
    std::set<id> seen;
    auto note = [&] {
        std::lock_guard hold(lock);
        EXPECT_TRUE(seen.insert(weft::this_thread::get_id()).second);
    };
    note();
    for (int i = 0; i < 200; ++i) {
        run(i, note);
        weft::thread(note).join();
        std::thread(note).join();
    }
    EXPECT_EQ(seen.size(), 601u);
}

TEST_P(ids, are_totally_ordered) {
    std::vector<id> all{id(), weft::this_thread::get_id()};
    for (int i = 0; i < 20; ++i) {
        run(i, [&] { all.push_back(weft::this_thread::get_id()); });
    }
    for (const id a : all) {
        for (const id b : all) {
            EXPECT_EQ((a < b) + (a == b) + (a > b), 1);
            EXPECT_EQ(a <= b, !(a > b));
            EXPECT_EQ(a >= b, !(a < b));
            EXPECT_EQ(a != b, !(a == b));
            EXPECT_EQ(a <=> b, 0 <=> (b <=> a));
            for (const id c : all) {
                EXPECT_TRUE(!(a < b && b < c) || a < c);
            }
        }
    }
    std::map<id, int> ordered;
    std::unordered_set<id> hashed;
    for (const id a : all) {
        ordered[a] = 1;
        hashed.insert(a);
    }
    EXPECT_EQ(ordered.size(), all.size());
    EXPECT_EQ(hashed.size(), all.size());
}

TEST_P(ids, compare_with_what_converts_to_an_id) {
    // A hidden friend would be found here as well, a member would not; called by name only a free function is.
    struct converts {
        id value;
        operator id() const { return value; } // NOLINT: on purpose
    };
    const id mine = weft::this_thread::get_id();
    const std::reference_wrapper<const id> wrapped(mine);
    EXPECT_TRUE(wrapped == mine);
    EXPECT_TRUE(mine == wrapped);
    EXPECT_TRUE(weft::operator==(converts{mine}, converts{mine}));
    EXPECT_TRUE(weft::operator<=>(converts{mine}, converts{id()}) != 0);
}

template <class Char>
std::basic_string<Char> text_of(id which, std::basic_ostringstream<Char>&& out = {}) {
    out << which;
    return out.str();
}

struct grouped : std::numpunct<char> {
    std::string do_grouping() const override { return "\1"; }
    char do_thousands_sep() const override { return '\''; }
};

TEST_P(ids, print_the_same_for_the_same_thread_and_differ_for_others) {
    run(0, [] {
        const id mine = weft::this_thread::get_id();
        const std::string text = text_of<char>(mine);
        EXPECT_EQ(text_of<char>(mine), text);
        EXPECT_NE(text_of<char>(id()), text);
        EXPECT_EQ(text_of<wchar_t>(mine), std::wstring(text.begin(), text.end()));
        id other;
        weft::thread([&] { other = weft::this_thread::get_id(); }).join();
        EXPECT_NE(text_of<char>(other), text);

        std::ostringstream odd;
        odd.imbue(std::locale(std::locale::classic(), new grouped));
        odd << std::hex << std::showbase << std::showpos;
        EXPECT_EQ(text_of<char>(mine, std::move(odd)), text);
        std::ostringstream wide;
        wide << std::setw(30) << std::left << std::setfill('.') << mine << '|';
        EXPECT_EQ(wide.str(), text + std::string(30 - text.size(), '.') + "|");
    });
}

} // namespace
