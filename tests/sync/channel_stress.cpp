// SPDX-License-Identifier: MIT
// channel_stress WORKERS [SEED]: every operation on channels at once, at random, for WEFT_STRESS_SECONDS (60).
//
// In each epoch tasks, two std::threads and a kernel_thread send to and receive from a few channels of random capacities, by plain, trying
// and timed forms, with stop requests, and by selects of two to four cases, in which a channel may occur twice and in both directions.
// Some values throw when they are moved. Then the channels are closed, some while others still send, and drained.
//
// What is checked: what was sent is what was received, each once; what one receiver gets of one sender by one channel comes in the order of
// its sending; every value is destroyed; nobody waits at the end (the watchdog). Prints its seed and takes one.
#include "support/program.hpp"
#include "support/random_source.hpp"
#include "support/watchdog.hpp"
#include "sync/channel.hpp"
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/channel.hpp>
#include <weft/select.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using support::random_source;
using weft::channel_status;

constexpr unsigned channels = 3, most_agents = 16;
std::atomic<long> alive{0};
std::atomic<unsigned long> operations{0}, sent{0}, thrown{0}, timed_out{0}, stopped{0};

struct item {
    unsigned from = 0;    // the agent
    unsigned number = 0;  // counts the agent's sends on this channel
    int fuse = -1;        // moves until one throws, once
    item() noexcept { ++alive; }
    item(unsigned f, unsigned n, int moves) noexcept : from(f), number(n), fuse(moves) { ++alive; }
    item(item&& other) : from(other.from), number(other.number), fuse(other.fuse) {
        if (other.fuse == 0) {
            other.fuse = -1;
            throw std::runtime_error("a move");
        }
        fuse -= fuse > 0;
        ++alive;
    }
    ~item() { --alive; }
};

struct epoch {
    std::array<weft::channel<item>, channels> c;
    std::array<std::atomic<unsigned long>, channels> sent{}, sum_sent{}, received{}, sum_received{};
    std::atomic<bool> over{false};
};

class agent {
  public:
    agent(epoch& e, unsigned number, std::uint64_t seed) : e_(e), number_(number), random_(seed) {
        for (auto& of : last_) {
            of.fill(0);
        }
    }

    void run() {
        while (!e_.over) {
            ++operations;
            try {
                step();
            } catch (const std::runtime_error&) {
                ++thrown;
            } catch (const weft::channel_error&) { // closed meanwhile
            }
            if (random_.one_in(8)) {
                weft::yield();
            }
            if (random_.one_in(300)) {
                weft::sleep_for(std::chrono::microseconds(random_.below(300)));
            }
        }
        for (unsigned i = 0; i < channels; ++i) {
            for (;;) {
                try {
                    auto v = e_.c[i].receive();
                    if (!take(i, v)) {
                        break;
                    }
                } catch (const std::runtime_error&) {
                    ++thrown;
                }
            }
        }
    }

  private:
    item make(unsigned to) { return item(number_, next_[to] + 1, random_.one_in(10) ? static_cast<int>(random_.below(3)) : -1); }

    void count_sent(unsigned to, channel_status status) {
        timed_out += status == channel_status::timed_out;
        stopped += status == channel_status::stopped;
        if (status == channel_status::done) {
            ++next_[to];
            ++e_.sent[to];
            e_.sum_sent[to] += number_ * 1'000'003ul + next_[to];
            ++sent;
        }
    }

    /// False when the channel is closed.
    bool take(unsigned from, weft::received<item>& v) {
        timed_out += v.status() == channel_status::timed_out;
        stopped += v.status() == channel_status::stopped;
        if (v) {
            REQUIRE(v->number > last_[from][v->from]); // first in, first out
            last_[from][v->from] = v->number;
            ++e_.received[from];
            e_.sum_received[from] += v->from * 1'000'003ul + v->number;
        }
        return v.status() != channel_status::closed;
    }

    /// A token by which a stop will be requested soon, by a task.
    weft::stop_token soon_stopped() {
        weft::stop_source source;
        weft::spawn([source, doze = std::chrono::microseconds(random_.below(200))]() mutable {
            weft::sleep_for(doze);
            source.request_stop();
        }).detach();
        return source.get_token();
    }
    auto limit() { return std::chrono::microseconds(random_.below(random_.one_in(10) ? 2000 : 50)); }

    void step() {
        const unsigned to = random_.below(channels), from = random_.below(channels);
        item mine = make(to);
        switch (random_.below(8)) {
        case 0:
            count_sent(to, e_.c[to].try_send(std::move(mine)));
            break;
        case 1:
            count_sent(to, e_.c[to].send_for(std::move(mine), limit()));
            break;
        case 2: {
            auto v = e_.c[from].try_receive();
            (void)take(from, v);
            break;
        }
        case 3: {
            auto v = e_.c[from].receive_for(limit());
            (void)take(from, v);
            break;
        }
        case 4:
            if (random_.one_in(20)) {
                count_sent(to, e_.c[to].send(std::move(mine), soon_stopped()));
            }
            break;
        case 5:
            if (random_.one_in(20)) {
                auto v = e_.c[from].receive(soon_stopped());
                (void)take(from, v);
            }
            break;
        default:
            choose(to, from, mine);
        }
    }

    void choose(unsigned to, unsigned from, item& mine) {
        const unsigned second = random_.below(channels);
        const auto send = [&, to] {
            return weft::on_send(e_.c[to], std::move(mine), [this, to](channel_status s) { count_sent(to, s); });
        };
        const auto receive = [&](unsigned i) {
            return weft::on_receive(e_.c[i], [this, i](weft::received<item>&& v) { (void)take(i, v); });
        };
        switch (random_.below(5)) {
        case 0:
            weft::select(send(), receive(from), weft::otherwise());
            break;
        case 1:
            weft::select(send(), receive(from), weft::on_timeout(limit(), [] { ++timed_out; }));
            break;
        case 2:
            weft::select(receive(second), receive(from), weft::on_timeout(limit(), [] { ++timed_out; }));
            break;
        case 3:
            if (random_.one_in(10)) {
                weft::select(receive(second), send(), receive(from), weft::on_stop(soon_stopped(), [] { ++stopped; }));
            }
            break;
        case 4:
            weft::select(weft::on_receive(weft::channel<item>()), send(), receive(from), weft::on_timeout(limit()));
            break;
        }
    }

    epoch& e_;
    const unsigned number_;
    random_source random_;
    std::array<unsigned, channels> next_{};                         // sends done
    std::array<std::array<unsigned, most_agents>, channels> last_;  // the youngest number seen of each
};

void live(unsigned workers, random_source& random, std::chrono::milliseconds length) {
    weft::runtime rt({.workers = workers});
    epoch e;
    for (auto& c : e.c) {
        c = weft::channel<item>(random.one_in(3) ? 0 : random.below(6));
    }
    std::vector<std::unique_ptr<agent>> agents;
    for (unsigned i = 0; i < most_agents; ++i) {
        agents.push_back(std::make_unique<agent>(e, i, random()));
    }
    std::thread first([&] { agents[0]->run(); }), second([&] { agents[1]->run(); });
    weft::kernel_thread third([&] { agents[2]->run(); });
    std::vector<weft::join_handle<void>> tasks;
    for (unsigned i = 3; i < most_agents; ++i) {
        tasks.push_back(rt.spawn([&, i] { agents[i]->run(); }));
    }
    std::this_thread::sleep_for(length);
    e.c[0].close(); // while others send
    std::this_thread::sleep_for(1ms);
    e.over = true;
    e.c[1].close();
    e.c[2].close();
    for (auto& t : tasks) {
        t.join();
    }
    first.join();
    second.join();
    third.join();
    for (unsigned i = 0; i < channels; ++i) {
        REQUIRE(e.sent[i] == e.received[i]);
        REQUIRE(e.sum_sent[i] == e.sum_received[i]);
        auto& core = *e.c[i].core();
        weft::sync::channel_guard hold(core.lock);
        REQUIRE(core.count == 0 && core.senders.empty() && core.receivers.empty());
    }
}

} // namespace

int main(int argc, char** argv) {
    const unsigned workers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2;
    const auto seed = support::seed_of(argc - 1, argv + 1);
    const double seconds = support::stress_seconds(60);
    test::watchdog guard(static_cast<unsigned>(seconds) + 60, "channel_stress");
    random_source random(seed);
    const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
    int epochs = 0;
    while (steady::now() < end) {
        live(workers, random, std::chrono::milliseconds(20 + random.below(400)));
        REQUIRE(alive == 0);
        ++epochs;
    }
    support::say("%u workers, %d epochs, %lu operations, %lu sent, %lu moves thrown, %lu timed out, %lu stopped\n", workers, epochs,
                 operations.load(), sent.load(), thrown.load(), timed_out.load(), stopped.load());
    REQUIRE(sent > 0 && thrown > 0 && timed_out > 0);
    return 0;
}
