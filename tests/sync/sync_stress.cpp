// SPDX-License-Identifier: MIT
// sync_stress WORKERS [SEED]: every primitive under everything that can happen to a wait at once.
//
// Each round makes its primitives anew, lets up to ten tasks and foreign threads loose on them, and destroys them as soon as the last
// has been told. Waits are plain, timed (limits of the size of a wake-up, so that deadline and waker meet) and stopped by tokens.
// Checked: exclusion, the count of every unit and of every completion, that each wait ends (a watchdog a round), and that what was
// destroyed is not touched (it is overwritten).
#include "rounds.hpp"
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>

namespace {

using test::counted;
using test::random_source;
using agents = std::vector<test::agent>;

std::chrono::microseconds short_limit(random_source& random) {
    return std::chrono::microseconds(random.below(80));
}

/// Runs f(number, random) by `count` agents of random kind; returns when all have ended.
template <class F>
void crowd(weft::runtime& rt, random_source& random, unsigned count, F f) {
    agents all;
    for (unsigned i = 0; i < count; ++i) {
        all.emplace_back(rt, test::place_for(!random.one_in(3)), [&f, i, rider = counted(), seed = random()] { f(i, random_source(seed)); });
    }
}

template <class T>
struct doomed {
    alignas(T) unsigned char bytes[sizeof(T)];
    T* object;
    template <class... Arguments>
    explicit doomed(Arguments... arguments) : object(::new (static_cast<void*>(bytes)) T(arguments...)) {}
    void destroy() {
        object->~T();
        std::memset(bytes, 0xa5, sizeof bytes);
    }
    T* operator->() { return object; }
};

void locks(weft::runtime& rt, random_source& random) {
    weft::timed_mutex timed;
    weft::recursive_timed_mutex recursive;
    weft::shared_timed_mutex shared;
    long in_timed = 0, in_recursive = 0;
    std::atomic<int> readers{0}, writers{0};
    crowd(rt, random, 3 + random.below(8), [&](unsigned, random_source r) {
        for (int n = 0; n < 60; ++n) {
            switch (r.below(6)) {
            case 0: {
                std::lock_guard hold(timed);
                REQUIRE(++in_timed == 1);
                r.dawdle();
                --in_timed;
                break;
            }
            case 1:
                if (std::unique_lock hold(timed, short_limit(r)); hold) {
                    REQUIRE(++in_timed == 1);
                    r.dawdle();
                    --in_timed;
                }
                break;
            case 2:
                if (std::unique_lock hold(recursive, short_limit(r)); hold) {
                    std::lock_guard again(recursive);
                    REQUIRE(++in_recursive == 1);
                    r.dawdle();
                    --in_recursive;
                }
                break;
            case 3:
                if (std::unique_lock hold(shared, short_limit(r)); hold) {
                    REQUIRE(++writers == 1 && readers == 0);
                    r.dawdle();
                    --writers;
                }
                break;
            case 4:
                if (std::shared_lock hold(shared, short_limit(r)); hold) {
                    ++readers;
                    REQUIRE(writers == 0);
                    r.dawdle();
                    --readers;
                }
                break;
            default:
                if (r.one_in(2)) {
                    std::lock_guard hold(shared);
                    REQUIRE(++writers == 1 && readers == 0);
                    --writers;
                } else {
                    std::shared_lock hold(shared);
                    ++readers;
                    REQUIRE(writers == 0);
                    --readers;
                }
            }
        }
    });
}

/// A bounded buffer; the last consumer destroys the condition variables.
void buffer(weft::runtime& rt, random_source& random) {
    weft::mutex m;
    doomed<weft::condition_variable> not_empty;
    doomed<weft::condition_variable_any> not_full;
    weft::stop_source source;
    const unsigned producers = 1 + random.below(3), consumers = 1 + random.below(5);
    const int total = 120, room = 1 + static_cast<int>(random.below(4));
    int filled = 0, made = 0, eaten = 0;
    unsigned gone = 0;
    crowd(rt, random, producers + consumers, [&](unsigned i, random_source r) {
        std::unique_lock hold(m);
        if (i < producers) {
            while (made < total) {
                const auto fits = [&] { return filled < room || made >= total; };
                bool ready = true;
                switch (r.below(3)) {
                case 0:
                    ready = not_full->wait(hold, source.get_token(), fits);
                    break;
                case 1:
                    ready = not_full->wait_for(hold, source.get_token(), short_limit(r), fits);
                    break;
                default:
                    not_full->wait(hold, fits);
                }
                if (ready && made < total) {
                    ++made;
                    ++filled;
                    r.one_in(2) ? not_empty->notify_one() : not_empty->notify_all();
                    not_full->notify_one(); // the other producers may have to leave
                }
            }
            not_full->notify_all();
        } else {
            while (eaten < total) {
                const auto food = [&] { return filled > 0 || eaten >= total; };
                if (r.one_in(2)) {
                    not_empty->wait(hold, food);
                } else if (!not_empty->wait_for(hold, short_limit(r), food)) {
                    continue;
                }
                if (eaten < total) {
                    ++eaten;
                    --filled;
                    not_full->notify_one();
                    if (eaten == total) {
                        source.request_stop();
                        not_empty->notify_all();
                        not_full->notify_all();
                    }
                }
                if (r.one_in(4)) {
                    hold.unlock();
                    r.dawdle();
                    hold.lock();
                }
            }
        }
        if (++gone == producers + consumers) {
            not_empty.destroy();
            not_full.destroy();
        }
    });
    REQUIRE(made == total && eaten == total && filled == 0);
}

/// Units go round; then a latch and a barrier, each destroyed by who comes out first.
void counters(weft::runtime& rt, random_source& random) {
    const unsigned count = 2 + random.below(8);
    {
        weft::counting_semaphore<> units(2);
        std::atomic<int> inside{0};
        crowd(rt, random, count, [&](unsigned, random_source r) {
            for (int n = 0; n < 60; ++n) {
                if (r.one_in(2)) {
                    units.acquire();
                } else if (!units.try_acquire_for(short_limit(r))) {
                    continue;
                }
                REQUIRE(++inside <= 2);
                r.dawdle();
                --inside;
                units.release();
            }
        });
        REQUIRE(units.try_acquire() && units.try_acquire() && !units.try_acquire());
    }
    {
        doomed<weft::binary_semaphore> last(0);
        doomed<weft::latch> l(static_cast<std::ptrdiff_t>(count));
        crowd(rt, random, count + 1, [&](unsigned i, random_source r) {
            r.dawdle();
            if (i == count) {
                l->wait();
                l.destroy();
                last->release();
            } else {
                l->count_down();
                if (i == 0) {
                    last->acquire();
                    last.destroy();
                }
            }
        });
    }
    int completed = 0;
    const auto complete = [&]() noexcept {
        ++completed;
    };
    weft::barrier b(static_cast<std::ptrdiff_t>(count), complete);
    crowd(rt, random, count, [&](unsigned i, random_source r) {
        for (unsigned phase = 0; phase < 5 * i; ++phase) {
            r.dawdle();
            b.arrive_and_wait();
            REQUIRE(completed > static_cast<int>(phase));
        }
        b.arrive_and_drop();
    });
    REQUIRE(completed == static_cast<int>(5 * (count - 1) + 1));
}

/// A ring of agents that pass a turn by an atomic; and call_once with failures.
void others(weft::runtime& rt, random_source& random) {
    const int count = 2 + static_cast<int>(random.below(6));
    weft::atomic<int> turn{0};
    weft::once_flag once;
    std::atomic<int> attempts{0}, done{0};
    crowd(rt, random, static_cast<unsigned>(count), [&](unsigned i, random_source r) {
        for (int lap = 0; lap < 20; ++lap) {
            for (int seen = turn; seen != lap * count + static_cast<int>(i); seen = turn) {
                turn.wait(seen);
            }
            ++turn;
            turn.notify_all();
        }
        try {
            weft::call_once(once, [&] {
                r.dawdle();
                if (++attempts < count) {
                    throw attempts.load();
                }
                ++done;
            });
            REQUIRE(done == 1);
        } catch (int) {
        }
    });
    REQUIRE(turn == 20 * count && done == 1 && attempts == count);
}

} // namespace

int main(int argc, char** argv) {
    return test::play_rounds(argc, argv, "a round of sync_stress", [](weft::runtime& rt, random_source& random) {
        switch (random.below(4)) {
        case 0:
            return locks(rt, random);
        case 1:
            return buffer(rt, random);
        case 2:
            return counters(rt, random);
        default:
            return others(rt, random);
        }
    });
}
