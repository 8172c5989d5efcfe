// SPDX-License-Identifier: MIT
// Row: thread_local destructors run when the thread ends, last made first, before join returns.
#include "support/raw_thread.hpp"
#include "support/row.hpp"
#include <atomic>

static std::atomic<int> made{0};
static std::atomic<int> destroyed{0};
static std::atomic<long> order{0};

template <int digit>
struct counted {
    counted() { ++made; }
    ~counted() {
        ++destroyed;
        order = order * 10 + digit;
    }
    void touch() const { asm volatile("" : : "r"(this)); }
};
static thread_local counted<1> first;
static thread_local counted<2> second;

struct late { // its destructor makes another thread_local, which must be destroyed as well
    ~late() {
        static thread_local counted<3> third;
        third.touch();
    }
    void touch() const { asm volatile("" : : "r"(this)); }
};

static void row() {
    support::raw_thread([] {
        first.touch();
        second.touch(); // one object file: both are made at the first touch, in order
    });
    REQUIRE(made == 2 && destroyed == 2 && order == 21);
    order = 0;
    support::raw_thread([] {
        static thread_local late one;
        one.touch();
    });
    REQUIRE(made == 3 && destroyed == 3 && order == 3);
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::tls_destructors, row);
}
