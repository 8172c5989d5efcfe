// SPDX-License-Identifier: MIT
// A thread pool as programs have them, written for std: a bounded queue under a mutex with two condition variables, futures for the
// results, helpers that run queued work while they wait, an orderly end that drains the queue, and a supervisor that is asked to stop.
// Everything that it prints is independent of who ran when, so both namespaces must print the same.
#include "mt.hpp"
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

class stopped_pool : public std::runtime_error {
  public:
    stopped_pool() : std::runtime_error("the pool has stopped") {}
};

class thread_pool {
  public:
    thread_pool(unsigned threads, std::size_t bound) : bound_(bound) {
        for (unsigned i = 0; i < threads; ++i) {
            threads_.emplace_back(&thread_pool::work, this);
        }
    }
    ~thread_pool() { stop(); }

    /// Waits while the queue is full.
    template <class F>
    auto submit(F&& f) {
        using result = std::invoke_result_t<std::decay_t<F>>;
        auto job = std::make_shared<mt::packaged_task<result()>>(std::forward<F>(f));
        auto future = job->get_future();
        {
            mt::unique_lock<mt::mutex> lock(mutex_);
            not_full_.wait(lock, [this] { return queue_.size() < bound_ || stopping_; });
            if (stopping_) {
                throw stopped_pool();
            }
            queue_.emplace_back([job] { (*job)(); });
            most_ = std::max(most_, queue_.size());
            ++submitted_;
        }
        not_empty_.notify_one();
        return future;
    }

    /// From inside of the pool: runs it here when the queue is full, so that jobs may submit jobs.
    template <class F>
    auto fork(F&& f) {
        using result = std::invoke_result_t<std::decay_t<F>>;
        auto job = std::make_shared<mt::packaged_task<result()>>(std::forward<F>(f));
        auto future = job->get_future();
        {
            mt::unique_lock<mt::mutex> lock(mutex_);
            ++submitted_;
            if (queue_.size() < bound_) {
                queue_.emplace_back([job] { (*job)(); });
                lock.unlock();
                not_empty_.notify_one();
                return future;
            }
        }
        (*job)();
        count_run();
        return future;
    }

    /// Runs other jobs until the future is ready.
    template <class T>
    T help(mt::future<T> future) {
        while (future.wait_for(0s) != mt::future_status::ready) {
            if (!run_one()) {
                (void)future.wait_for(200us);
            }
        }
        return future.get();
    }

    void stop() {
        {
            mt::lock_guard<mt::mutex> lock(mutex_);
            stopping_ = true;
        }
        not_empty_.notify_all();
        not_full_.notify_all();
        for (auto& t : threads_) {
            if (t.joinable()) {
                t.join();
            }
        }
    }

    /// False when the time is up before so many jobs have run.
    bool wait_for_runs(std::uint64_t n, std::chrono::milliseconds limit) {
        mt::unique_lock<mt::mutex> lock(mutex_);
        return progress_.wait_for(lock, limit, [&] { return run_ >= n; });
    }

    struct figures {
        std::uint64_t submitted, run;
        bool bounded, empty;
    };
    figures look() {
        mt::lock_guard<mt::mutex> lock(mutex_);
        return {submitted_, run_, most_ <= bound_, queue_.empty()};
    }

  private:
    void count_run() {
        mt::lock_guard<mt::mutex> lock(mutex_);
        ++run_;
        progress_.notify_all();
    }

    bool run_one() {
        std::function<void()> job;
        {
            mt::lock_guard<mt::mutex> lock(mutex_);
            if (queue_.empty()) {
                return false;
            }
            job = std::move(queue_.back());
            queue_.pop_back();
        }
        not_full_.notify_one();
        job();
        count_run();
        return true;
    }

    void work() {
        for (;;) {
            std::function<void()> job;
            {
                mt::unique_lock<mt::mutex> lock(mutex_);
                while (queue_.empty() && !stopping_) {
                    not_empty_.wait(lock);
                }
                if (queue_.empty()) {
                    return;
                }
                job = std::move(queue_.front());
                queue_.pop_front();
            }
            not_full_.notify_one();
            job();
            count_run();
        }
    }

    const std::size_t bound_;
    mt::mutex mutex_;
    mt::condition_variable not_empty_, not_full_, progress_;
    std::deque<std::function<void()>> queue_; // guarded by mutex_, as all that follows
    bool stopping_ = false;
    std::size_t most_ = 0;
    std::uint64_t submitted_ = 0, run_ = 0;
    std::vector<mt::thread> threads_; // owner: the creator
};

struct random_source {
    std::uint64_t state;
    std::uint64_t operator()() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }
};

void print(const char* what, std::uint64_t value) {
    std::printf("%s: %llu\n", what, static_cast<unsigned long long>(value));
}

/// Counts primes below n, a segment a job.
void primes(thread_pool& pool, unsigned n) {
    const auto count = [](unsigned from, unsigned to) {
        std::uint64_t found = 0;
        for (unsigned candidate = std::max(from, 2u); candidate < to; ++candidate) {
            bool prime = true;
            for (unsigned d = 2; prime && d * d <= candidate; ++d) {
                prime = candidate % d != 0;
            }
            found += prime;
        }
        return found;
    };
    std::vector<mt::future<std::uint64_t>> parts;
    for (unsigned from = 0; from < n; from += 500) {
        parts.push_back(pool.submit([=] { return count(from, std::min(from + 500, n)); }));
    }
    std::uint64_t sum = 0;
    for (auto& p : parts) {
        sum += p.get();
    }
    print("primes", sum);
}

/// Jobs that submit jobs and wait for them.
void merge_sort(thread_pool& pool, std::vector<std::uint64_t>& data, std::size_t from, std::size_t to) {
    if (to - from < 600) {
        std::sort(data.begin() + static_cast<std::ptrdiff_t>(from), data.begin() + static_cast<std::ptrdiff_t>(to));
        return;
    }
    const std::size_t middle = from + (to - from) / 2;
    auto left = pool.fork([&, from, middle] { merge_sort(pool, data, from, middle); });
    merge_sort(pool, data, middle, to);
    pool.help(std::move(left));
    std::inplace_merge(data.begin() + static_cast<std::ptrdiff_t>(from), data.begin() + static_cast<std::ptrdiff_t>(middle),
                       data.begin() + static_cast<std::ptrdiff_t>(to));
}

void sorting(thread_pool& pool) {
    random_source random{88172645463325252u};
    std::vector<std::uint64_t> data(40'000);
    std::generate(data.begin(), data.end(), random);
    const std::uint64_t before = std::accumulate(data.begin(), data.end(), std::uint64_t{0});
    pool.submit([&] { merge_sort(pool, data, 0, data.size()); }).get();
    std::uint64_t hash = 0;
    for (const std::uint64_t each : data) {
        hash = hash * 31 + each;
    }
    print("sorted", std::is_sorted(data.begin(), data.end()));
    print("nothing lost", before == std::accumulate(data.begin(), data.end(), std::uint64_t{0}));
    print("hash of the sorted", hash);
}

void exceptions(thread_pool& pool) {
    std::vector<mt::future<int>> all;
    for (int i = 0; i < 60; ++i) {
        all.push_back(pool.submit([i]() -> int {
            if (i % 7 == 3) {
                throw std::out_of_range("job " + std::to_string(i));
            }
            return i;
        }));
    }
    int sum = 0;
    std::string said;
    for (auto& f : all) {
        try {
            sum += f.get();
        } catch (const std::out_of_range& e) {
            said += std::string(e.what()) + ";";
        }
    }
    print("sum of those that did not throw", static_cast<std::uint64_t>(sum));
    std::printf("thrown: %s\n", said.c_str());
}

/// Words by several producers, counted by the pool, into one table.
void words(thread_pool& pool) {
    static const char* const vocabulary[] = {"warp", "weft", "loom", "thread", "shuttle", "heddle", "reed"};
    mt::mutex lock;
    std::map<std::string, int> counts; // guarded by lock
    {
        std::vector<mt::jthread> producers;
        for (unsigned p = 0; p < 4; ++p) {
            producers.emplace_back([&, p](mt::stop_token) {
                random_source random{p + 1};
                std::vector<mt::future<void>> mine;
                for (int page = 0; page < 25; ++page) {
                    std::vector<std::string> text;
                    for (int w = 0; w < 40; ++w) {
                        text.emplace_back(vocabulary[random() % std::size(vocabulary)]);
                    }
                    mine.push_back(pool.submit([&, text = std::move(text)] {
                        std::map<std::string, int> local;
                        for (const auto& word : text) {
                            ++local[word];
                        }
                        mt::lock_guard<mt::mutex> hold(lock);
                        for (const auto& [word, n] : local) {
                            counts[word] += n;
                        }
                    }));
                }
                for (auto& f : mine) {
                    f.get();
                }
            });
        }
    }
    for (const auto& [word, n] : counts) {
        std::printf("%s %d\n", word.c_str(), n);
    }
}

void the_end(thread_pool& pool) {
    // Jobs that are queued when the pool stops are run; those that come later are refused.
    std::vector<mt::future<int>> queued;
    for (int i = 0; i < 8; ++i) {
        queued.push_back(pool.submit([i] {
            mt::this_thread::sleep_for(1ms);
            return i * i;
        }));
    }
    mt::thread stopper([&] { pool.stop(); });
    int sum = 0;
    for (auto& f : queued) {
        sum += f.get();
    }
    stopper.join();
    print("sum of the queued", static_cast<std::uint64_t>(sum));
    try {
        (void)pool.submit([] {});
        std::puts("accepted after the end");
    } catch (const stopped_pool& e) {
        std::printf("refused: %s\n", e.what());
    }
}

} // namespace

int main() {
    thread_pool pool(4, 16);
    std::uint64_t looks = 0;
    // Watches the pool until it is asked to stop, by a condition variable that takes any lock and a token.
    mt::condition_variable_any idle;
    mt::mutex idle_lock;
    bool wrong = false;
    mt::jthread supervisor([&](mt::stop_token stop) {
        mt::unique_lock<mt::mutex> lock(idle_lock);
        while (!stop.stop_requested()) {
            (void)idle.wait_for(lock, stop, 1ms, [] { return false; });
            const auto f = pool.look();
            wrong = wrong || !f.bounded || f.run > f.submitted;
            ++looks;
        }
    });

    primes(pool, 30'000);
    sorting(pool);
    exceptions(pool);
    words(pool);
    print("a wait for runs that never come ends", !pool.wait_for_runs(~std::uint64_t{0}, 5ms));
    const auto submitted = pool.look().submitted;
    print("a wait for all runs succeeds", pool.wait_for_runs(submitted, 10s));
    the_end(pool);

    supervisor.request_stop();
    supervisor.join();
    const auto f = pool.look();
    print("submitted", f.submitted);
    print("run", f.run);
    print("bounded", f.bounded);
    print("empty", f.empty);
    print("the supervisor looked", looks > 0);
    print("and saw something wrong", wrong);
    return 0;
}
