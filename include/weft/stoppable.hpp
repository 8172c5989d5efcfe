// SPDX-License-Identifier: MIT
// How a stop request ends a wait: a callback of the token interrupts the wait's race (wait_list.hpp). Every call of weft that waits and
// takes a token is made of this.
//
//   wait_race race;
//   wait_node node(race);              ... linked, as for any wait
//   const interrupt_on_stop stop(token, race);
//   race.wait(deadline);               interrupted: the stop came first
//
// Any token will do: weft's, std's, or one that names its callback_type. A stop that was requested before such a call wins over what the
// call waits for, also if that is there already.
#pragma once
#include <weft/stop_token.hpp>
#include <weft/wait_list.hpp>

#include <cstdint>
#include <stop_token>

namespace weft::abi {

/// The callback type of a token: std's, ours, or that of a token which names its own, as C++26's do.
template <class Token, class F>
struct stop_callback_for {
    using type = typename Token::template callback_type<F>;
};
template <class F>
struct stop_callback_for<stop_token, F> {
    using type = stop_callback<F>;
};
template <class F>
struct stop_callback_for<std::stop_token, F> {
    using type = std::stop_callback<F>;
};

template <class Token>
concept stop_token_like = requires(const Token& t) {
    { t.stop_requested() };
    { t.stop_possible() };
};

struct race_interrupter {
    wait_race* race;
    void operator()() const noexcept { race->interrupt(); }
};

/// Until it dies, a stop request ends the race's wait. Dies before the race; its end waits for a request that is in the callback.
template <stop_token_like Token>
class interrupt_on_stop {
  public:
    interrupt_on_stop(const Token& token, wait_race& race) : callback_(token, race_interrupter{&race}) {}

  private:
    const typename stop_callback_for<Token, race_interrupter>::type callback_;
};

/// The whole wait of a primitive with one list, as abi::wait, until a stop as well.
template <stop_token_like Token>
wait_result wait(wait_list& list, bool (*must_wait)(void*) noexcept, void* argument, const Token& token,
                 std::uint64_t deadline_ns = no_deadline) {
    wait_race race;
    wait_node node(race);
    if (!enter(list, node, must_wait, argument)) {
        return wait_result::not_needed;
    }
    const interrupt_on_stop<Token> on_stop(token, race);
    return race.wait(deadline_ns);
}

} // namespace weft::abi
