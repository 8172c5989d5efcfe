// SPDX-License-Identifier: MIT
// A select costs its cases, whoever else waits on the channels: the instructions of one call are counted with 10 and with 10,000 waiters.
// Counted by the processor's single-step trap: a SIGTRAP after each instruction, switched on and off by the handler in the flags that it returns to.
// Seen to fail: with a walk over the queue (case_queue::size()) in channel_core::looks_ready_locked.
#include "support/program.hpp"
#include "sync/channel.hpp"
#include <csignal>
#include <functional>
#include <vector>
#include <weft/weft.hpp>

#if defined(__x86_64__)
#include <ucontext.h>

namespace {

volatile sig_atomic_t counting = 0;
volatile long instructions = 0;

void after_each_instruction(int, siginfo_t*, void* context) {
    constexpr greg_t trap_flag = 0x100;
    greg_t& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
    instructions = instructions + 1;
    flags = counting ? flags | trap_flag : flags & ~trap_flag;
}

template <class F>
long instructions_of(F f) {
    instructions = 0;
    counting = 1;
    raise(SIGTRAP);
    f();
    counting = 0;
    return instructions;
}

using channel = weft::channel<int>;

std::size_t waiting(const channel& c) {
    weft::sync::channel_guard hold(c.core()->lock);
    return c.core()->senders.size() + c.core()->receivers.size();
}

/// The cheapest of some calls of f while `crowd` tasks run `each` and wait on c.
long cost(int crowd, const std::function<void(channel&, channel&)>& each, const std::function<void(channel&, channel&)>& f) {
    weft::runtime rt({.workers = 1});
    channel one(0), other(0);
    std::vector<weft::join_handle<void>> waiters;
    for (int i = 0; i < crowd; ++i) {
        waiters.push_back(rt.spawn([&] { each(one, other); }));
    }
    REQUIRE(support::eventually([&] { return waiting(one) == static_cast<std::size_t>(crowd); }, 60));
    long least = 0;
    for (int i = 0; i < 5; ++i) {
        const long n = instructions_of([&] { f(one, other); });
        least = least == 0 || n < least ? n : least;
    }
    one.close();
    for (auto& w : waiters) {
        w.join();
    }
    return least;
}

void expect_flat(const char* what, const std::function<void(channel&, channel&)>& each, const std::function<void(channel&, channel&)>& f) {
    const long few = cost(10, each, f), many = cost(10'000, each, f);
    support::say("%s: %ld instructions beside 10 waiters, %ld beside 10000\n", what, few, many);
    REQUIRE(few > 50);              // it did count
    REQUIRE(many < few + few / 2 + 500); // a step for each of the 10,000 would be more than 10,000
}

void wait_to_send(channel& one, channel&) {
    try {
        one.send(1);
    } catch (const weft::channel_error&) { // closed at the end
    }
}
void wait_to_receive(channel& one, channel&) {
    (void)one.receive();
}
void select_both(channel& one, channel& other) {
    weft::select(weft::on_receive(one, [](weft::received<int>) {}), weft::on_receive(other, [](weft::received<int>) {}));
}

void a_ready_case() {
    expect_flat("a case that is ready", &wait_to_send, &select_both);
}
void nothing_ready() {
    expect_flat("nothing ready, a default", &wait_to_receive, [](channel& one, channel& other) {
        weft::select(weft::on_receive(one, [](weft::received<int>) {}), weft::on_receive(other, [](weft::received<int>) {}), weft::otherwise());
    });
}
void in_line_and_out() {
    expect_flat("into the queues, and out of them again", &wait_to_receive, [](channel& one, channel& other) {
        weft::select(weft::on_receive(one, [](weft::received<int>) {}), weft::on_receive(other, [](weft::received<int>) {}),
                     weft::on_timeout(std::chrono::nanoseconds(1)));
    });
}
void waiting_selects() {
    expect_flat("a send to one of many selects", &select_both, [](channel& one, channel&) { REQUIRE(one.try_send(1) == weft::channel_status::done); });
}

} // namespace

int main(int argc, char** argv) {
    struct sigaction act {};
    act.sa_sigaction = &after_each_instruction;
    act.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &act, nullptr);
    return support::run_cases(argc, argv,
                              {{"a case that is ready", a_ready_case},
                               {"nothing is ready", nothing_ready},
                               {"into the queues and out of them", in_line_and_out},
                               {"selects that wait", waiting_selects}});
}
#else
int main() {
    support::skip("single steps are counted on x86-64 only");
}
#endif
