// SPDX-License-Identifier: MIT
// The one place where the programs of this folder say whose threads they use: compiled with MT_IS_STD it is std's, else weft's.
#pragma once
#include "support/sanitized.hpp"
#if defined(MT_IS_STD)
#include <barrier>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
namespace mt = std;
#else
#include <weft/barrier.hpp>
#include <weft/condition_variable.hpp>
#include <weft/future.hpp>
#include <weft/latch.hpp>
#include <weft/mutex.hpp>
#include <weft/semaphore.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/stop_token.hpp>
#include <weft/thread.hpp>
namespace mt = weft;
#endif

#if defined(WEFT_TEST_THREAD_SANITIZED)
// The references to an exception are counted inside of libstdc++, of which ThreadSanitizer does not hear: for it the last owner's end races
// with what another owner read.
extern "C" const char* __tsan_default_suppressions() {
    return "race:std::logic_error::~logic_error\nrace:std::runtime_error::~runtime_error\n";
}
#endif
