// SPDX-License-Identifier: MIT
// Boost.Fiber on N kernel threads: its shared_work scheduler for more than one, its own round robin for one.
#pragma once
#include <boost/fiber/all.hpp>
#include <boost/fiber/algo/shared_work.hpp>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::workload {

/// Runs f() on the calling thread, which takes part.
template <class F>
void on_fibers(unsigned workers, F&& f) {
    namespace fibers = boost::fibers;
    if (workers == 1) {
        f();
        return;
    }
    fibers::mutex lock;
    fibers::condition_variable ended;
    bool over = false;
    fibers::use_scheduling_algorithm<fibers::algo::shared_work>(true);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < workers; ++i) {
        others.emplace_back([&] {
            fibers::use_scheduling_algorithm<fibers::algo::shared_work>(true);
            std::unique_lock<fibers::mutex> held(lock);
            ended.wait(held, [&] { return over; });
        });
    }
    const auto end = [&] {
        {
            const std::lock_guard<fibers::mutex> held(lock);
            over = true;
        }
        ended.notify_all();
        for (std::thread& t : others) {
            t.join();
        }
    };
    try {
        f();
    } catch (...) {
        end();
        throw;
    }
    end();
}

} // namespace weft::workload
