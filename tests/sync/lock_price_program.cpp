// SPDX-License-Identifier: MIT
// The uncontended lock and unlock, each in a function of its own for lock_price.sh to read.
#include "support/program.hpp"
#include <weft/mutex.hpp>

extern "C" [[gnu::noinline]] void weft_test_lock(weft::mutex& m) {
    m.lock();
}
extern "C" [[gnu::noinline]] void weft_test_unlock(weft::mutex& m) {
    m.unlock();
}

int main() {
    weft::mutex m;
    weft_test_lock(m);
    REQUIRE(!m.try_lock());
    weft_test_unlock(m);
    REQUIRE(m.try_lock());
    m.unlock();
    return 0;
}
