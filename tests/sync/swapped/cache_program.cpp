// SPDX-License-Identifier: MIT
// A cache that many read and few write, written for std: shards under shared mutexes, values that are computed once by whoever comes first
// (the others wait for its future), a semaphore that bounds the loads, a table made by call_once, phases by a barrier, and an evictor that is
// asked to stop. What it prints is independent of who ran when.
#include "mt.hpp"
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr int keys = 240, readers = 6, writers = 2, phases = 4;

/// The slow store behind the cache. At most three may be in it.
class origin {
  public:
    std::string load(int key) {
        gate_.acquire();
        const int inside = ++inside_;
        int most = most_inside_;
        while (inside > most && !most_inside_.compare_exchange_weak(most, inside)) {
        }
        if (key % 5 == 0) {
            mt::this_thread::sleep_for(100us);
        } else {
            mt::this_thread::yield();
        }
        ++loads_;
        --inside_;
        gate_.release();
        if (key % 60 == 59) {
            throw std::runtime_error("no such page: " + std::to_string(key));
        }
        return "page " + std::to_string(key) + " v0";
    }
    int loads() const { return loads_; }
    int most_inside() const { return most_inside_; }

  private:
    mt::counting_semaphore<3> gate_{3};
    std::atomic<int> inside_{0}, most_inside_{0}, loads_{0};
};

class cache {
  public:
    explicit cache(origin& from) : from_(from) {}

    /// A copy of the value; loads it if nobody has.
    std::string get(int key) {
        shard& s = shard_of(key);
        mt::shared_future<std::string> value;
        {
            mt::shared_lock<mt::shared_mutex> lock(s.mutex);
            if (auto found = s.entries.find(key); found != s.entries.end()) {
                ++hits_;
                value = found->second;
            }
        }
        if (!value.valid()) {
            mt::promise<std::string> mine;
            bool load = false;
            {
                mt::unique_lock<mt::shared_mutex> lock(s.mutex);
                auto [where, fresh] = s.entries.try_emplace(key);
                if (fresh) {
                    where->second = mine.get_future().share();
                }
                load = fresh;
                value = where->second;
            }
            if (load) {
                try {
                    mine.set_value(from_.load(key));
                } catch (...) {
                    mine.set_exception(std::current_exception());
                }
            }
        }
        return value.get();
    }

    /// Replaces a value that is there by one with the next version.
    bool touch(int key) {
        shard& s = shard_of(key);
        for (int attempt = 0;; ++attempt) {
            if (!s.mutex.try_lock()) {
                if (attempt < 100) {
                    mt::this_thread::yield();
                    continue;
                }
                s.mutex.lock();
            }
            mt::unique_lock<mt::shared_mutex> lock(s.mutex, mt::adopt_lock);
            const auto found = s.entries.find(key);
            if (found == s.entries.end() || found->second.wait_for(0s) != mt::future_status::ready) {
                return false;
            }
            std::string text;
            try {
                text = found->second.get();
            } catch (const std::runtime_error&) {
                return false;
            }
            const auto at = text.rfind('v');
            mt::promise<std::string> next;
            next.set_value(text.substr(0, at + 1) + std::to_string(std::stoi(text.substr(at + 1)) + 1));
            found->second = next.get_future().share();
            return true;
        }
    }

    /// Swaps the values of two keys, which may lie in two shards.
    void swap(int a, int b) {
        shard &first = shard_of(a), &second = shard_of(b);
        if (&first == &second) {
            mt::lock_guard<mt::shared_mutex> lock(first.mutex);
            std::swap(first.entries.at(a), first.entries.at(b));
        } else {
            mt::scoped_lock lock(first.mutex, second.mutex);
            std::swap(first.entries.at(a), second.entries.at(b));
        }
    }

    /// Drops what nobody will ask for again: the keys from `from` on. How many it were.
    int evict(int from) {
        int dropped = 0;
        for (shard& s : shards_) {
            mt::unique_lock<mt::shared_mutex> lock(s.mutex, mt::defer_lock);
            lock.lock();
            for (auto it = s.entries.begin(); it != s.entries.end();) {
                if (it->first >= from) {
                    it = s.entries.erase(it);
                    ++dropped;
                } else {
                    ++it;
                }
            }
        }
        return dropped;
    }

    std::map<int, std::string> all() {
        std::map<int, std::string> out;
        for (shard& s : shards_) {
            mt::shared_lock<mt::shared_mutex> lock(s.mutex);
            for (const auto& [key, value] : s.entries) {
                try {
                    out[key] = value.get();
                } catch (const std::runtime_error& e) {
                    out[key] = e.what();
                }
            }
        }
        return out;
    }
    std::uint64_t hits() const { return hits_; }

  private:
    struct shard {
        mt::shared_mutex mutex;
        std::unordered_map<int, mt::shared_future<std::string>> entries; // guarded by mutex
    };
    shard& shard_of(int key) { return shards_[static_cast<std::size_t>(key) % shards_.size()]; }

    origin& from_;
    std::array<shard, 7> shards_;
    std::atomic<std::uint64_t> hits_{0};
};

std::uint64_t hash_of(const std::map<int, std::string>& all) {
    std::uint64_t h = 14695981039346656037u;
    for (const auto& [key, text] : all) {
        h = (h ^ static_cast<std::uint64_t>(key)) * 1099511628211u;
        for (const char c : text) {
            h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
        }
    }
    return h;
}

/// Made by whoever needs it first.
const std::vector<int>& visiting_order() {
    static mt::once_flag once;
    static std::vector<int> order;
    static std::atomic<int> made{0};
    mt::call_once(once, [] {
        ++made;
        for (int i = 0; i < keys; ++i) {
            order.push_back(i * 7 % keys);
        }
    });
    if (made != 1) {
        std::puts("made twice");
    }
    return order;
}

} // namespace

int main() {
    origin store;
    cache pages(store);
    std::atomic<int> absent{0}, wrong{0}, touched{0};
    mt::latch ready(readers + writers);
    int phase_ends = 0;
    std::vector<std::string> report;
    mt::barrier phase(readers + writers, [&]() noexcept {
        ++phase_ends;
        const auto all = pages.all();
        report.push_back("phase " + std::to_string(phase_ends) + ": " + std::to_string(all.size()) + " pages, hash " +
                         std::to_string(hash_of(all)));
    });

    // Evicts keys beyond the end, which only it makes; sleeps on a condition variable with a token.
    mt::recursive_mutex evictor_lock;
    mt::condition_variable_any evictor_wakes;
    int evicted = 0;
    mt::jthread evictor([&](mt::stop_token stop) {
        mt::unique_lock<mt::recursive_mutex> lock(evictor_lock);
        while (!evictor_wakes.wait_for(lock, stop, 500us, [&] { return stop.stop_requested(); })) {
            evicted += pages.evict(keys);
        }
    });

    std::vector<mt::thread> all;
    for (int r = 0; r < readers; ++r) {
        all.emplace_back([&, r] {
            ready.arrive_and_wait();
            for (int p = 0; p < phases; ++p) {
                // Each phase all readers visit a further quarter, each from another place on.
                const auto& order = visiting_order();
                for (int i = 0; i < keys / phases; ++i) {
                    const int key = order[static_cast<std::size_t>(p * keys / phases + (i + r * 10) % (keys / phases))];
                    try {
                        const std::string text = pages.get(key);
                        wrong += text.rfind("page " + std::to_string(key) + " v", 0) != 0;
                    } catch (const std::runtime_error&) {
                        ++absent;
                    }
                }
                phase.arrive_and_wait();
            }
        });
    }
    for (int w = 0; w < writers; ++w) {
        all.emplace_back([&, w] {
            ready.arrive_and_wait();
            for (int p = 0; p < phases; ++p) {
                // Writers give each page of the phase before its next version; in the first phase there is none.
                if (p > 0) {
                    const auto& order = visiting_order();
                    for (int i = w; i < keys / phases; i += writers) {
                        touched += pages.touch(order[static_cast<std::size_t>((p - 1) * keys / phases + i)]);
                    }
                }
                phase.arrive_and_wait();
            }
        });
    }
    for (auto& t : all) {
        t.join();
    }
    evictor.request_stop();
    evictor.join();

    for (const auto& line : report) {
        std::puts(line.c_str());
    }
    std::printf("loads %d, at most three at once: %d\n", store.loads(), store.most_inside() <= 3);
    std::printf("asked %d times for pages that are not, wrong texts %d, touched %d\n", absent.load(), wrong.load(), touched.load());
    std::printf("hits and loads add up: %d\n", pages.hits() <= static_cast<std::uint64_t>(readers * keys - store.loads()));
    std::printf("evicted %d\n", evicted);

    // Two that swap in opposite orders never deadlock.
    mt::jthread forth([&] {
        for (int i = 0; i < 300; ++i) {
            pages.swap(1, 2);
        }
    });
    mt::jthread back([&] {
        for (int i = 0; i < 300; ++i) {
            pages.swap(2, 1);
        }
    });
    forth.join();
    back.join();
    std::printf("page 1 is '%s', page 2 is '%s'\n", pages.get(1).c_str(), pages.get(2).c_str());
    return 0;
}
