// SPDX-License-Identifier: MIT
// 10: channels, and select.
//
// A channel<T> hands values from task to task, in order. An unbuffered one makes both sides meet; one with a capacity lets the sender
// run ahead by so many. Closing it says "no more": what is in it can still be received, and then a range-for over it ends. A pipeline is
// stages with channels between them, each closing its output when its input has ended.
#include <cstdio>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

/// 2, 3, 4, ... until nobody wants more.
void count(weft::sender<int> out, weft::stop_token quit) {
    for (int i = 2; out.send(i, quit) == weft::channel_status::done; ++i) {
    }
    out.close();
}

/// Lets through what `prime` does not divide.
void filter(weft::receiver<int> in, weft::sender<int> out, int prime) {
    for (int n : in) {
        if (n % prime != 0) {
            out.send(n);
        }
    }
    out.close();
}

/// The sieve: one task a prime, each feeds the next (an old example of communicating processes).
std::vector<int> primes(int how_many) {
    std::vector<int> found;
    weft::stop_source quit;
    weft::with_scope([&](weft::scope& s) {
        weft::channel<int> numbers(0);
        s.spawn([numbers, &quit] { count(numbers, quit.get_token()); });
        while (static_cast<int>(found.size()) < how_many) {
            const int prime = numbers.receive().value();
            found.push_back(prime);
            weft::channel<int> rest(0);
            s.spawn([numbers, rest, prime] { filter(numbers, rest, prime); });
            numbers = rest;
        }
        quit.request_stop();   // the counter ends and closes its channel; one after the other the filters follow,
        for (int n : numbers) { // when somebody takes what is still on its way
            (void)n;
        }
    });
    return found;
}

/// Several things to wait for: work, the end of work, and the clock.
void serve(weft::receiver<std::string> requests, weft::receiver<int> shutdown) {
    int served = 0, quiet = 0;
    for (bool running = true; running;) {
        weft::select(
            weft::on_receive(requests,
                             [&](weft::received<std::string> request) {
                                 if (request) {
                                     std::printf("served %s\n", request->c_str());
                                     ++served;
                                 }
                             }),
            weft::on_receive(shutdown, [&](weft::received<int>) { running = false; }),
            weft::on_timeout(5ms, [&] { ++quiet; }));
    }
    std::printf("%d requests, and %s\n", served, quiet > 0 ? "some quiet moments" : "never a quiet moment");
}

} // namespace

int main() {
    weft::runtime rt;
    rt.run([] {
        for (int p : primes(25)) {
            std::printf("%d ", p);
        }
        std::printf("\n");
    });

    weft::channel<std::string> requests(4);
    weft::channel<int> shutdown(0);
    auto server = rt.spawn([=] { serve(requests, shutdown); });
    // main is no task, and uses the same channels: it blocks where a task would suspend.
    for (const char* name : {"tea", "coffee", "water"}) {
        requests.send(name);
    }
    weft::sleep_for(50ms);
    shutdown.close();
    server.join();

    // What Go calls a panic is an exception here; the forms that return a status do not throw.
    try {
        shutdown.close();
    } catch (const weft::channel_error& e) {
        std::printf("%s\n", e.what());
    }
    std::printf("a try_send on a full channel %s\n",
                weft::channel<int>(0).try_send(1) == weft::channel_status::would_block ? "would block" : "went through");
}
