// SPDX-License-Identifier: MIT
#include "base/intrusive_queue.hpp"
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace {

struct element {
    int value = 0;
    element* next = nullptr;
    element* other = nullptr;
};
using queue = weft::base::intrusive_queue<element>;

std::vector<int> drain(queue& q) {
    std::vector<int> values;
    while (element* e = q.pop_front()) {
        EXPECT_EQ(e->next, nullptr) << "an element that is out points at nobody";
        values.push_back(e->value);
    }
    return values;
}

TEST(intrusive_queue, is_empty_at_first_and_pops_null) {
    queue q;
    EXPECT_TRUE(q.empty());
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(q.front(), nullptr);
    EXPECT_EQ(q.pop_front(), nullptr);
}

TEST(intrusive_queue, gives_back_in_the_order_of_push_back) {
    queue q;
    element e[4] = {{1}, {2}, {3}, {4}};
    for (auto& each : e) {
        q.push_back(&each);
    }
    EXPECT_EQ(q.size(), 4u);
    EXPECT_EQ(q.front(), &e[0]);
    EXPECT_EQ(drain(q), (std::vector{1, 2, 3, 4}));
    EXPECT_TRUE(q.empty());
    q.push_back(&e[2]);
    EXPECT_EQ(drain(q), (std::vector{3})) << "usable again after it was empty";
}

TEST(intrusive_queue, push_front_goes_before_all_others_also_into_an_empty_queue) {
    queue q;
    element e[3] = {{1}, {2}, {3}};
    q.push_front(&e[0]);
    q.push_front(&e[1]);
    q.push_back(&e[2]);
    EXPECT_EQ(drain(q), (std::vector{2, 1, 3}));
}

TEST(intrusive_queue, append_moves_all_of_the_other_behind_ours) {
    element e[4] = {{1}, {2}, {3}, {4}};
    queue a, b, none;
    a.push_back(&e[0]);
    b.push_back(&e[1]);
    b.push_back(&e[2]);
    a.append(b);
    EXPECT_TRUE(b.empty());
    EXPECT_EQ(a.size(), 3u);
    a.append(none);
    b.append(a);
    b.push_back(&e[3]);
    EXPECT_TRUE(a.empty());
    EXPECT_EQ(drain(b), (std::vector{1, 2, 3, 4}));
}

TEST(intrusive_queue, may_be_threaded_through_another_member) {
    weft::base::intrusive_queue<element, &element::other> q;
    element e[2] = {{1}, {2}};
    q.push_back(&e[0]);
    q.push_back(&e[1]);
    EXPECT_EQ(e[0].next, nullptr);
    EXPECT_EQ(q.pop_front(), &e[0]);
    EXPECT_EQ(q.pop_front(), &e[1]);
}

TEST(intrusive_queue, behaves_like_a_list_of_values_at_random) {
    std::mt19937 random(3);
    std::vector<element> pool(1000);
    queue q;
    std::vector<int> expected;
    int made = 0;
    for (auto& e : pool) {
        e.value = made++;
        switch (random() % 3) {
        case 0:
            q.push_back(&e);
            expected.push_back(e.value);
            break;
        case 1:
            q.push_front(&e);
            expected.insert(expected.begin(), e.value);
            break;
        case 2:
            if (element* out = q.pop_front()) {
                ASSERT_EQ(out->value, expected.front());
                expected.erase(expected.begin());
            } else {
                ASSERT_TRUE(expected.empty());
            }
            break;
        }
        ASSERT_EQ(q.size(), expected.size());
    }
    EXPECT_EQ(drain(q), expected);
}

} // namespace
