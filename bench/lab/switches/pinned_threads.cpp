// SPDX-License-Identifier: MIT
#include "lab/switches/pinned_threads.hpp"
#include "lab/cpus.hpp"
#include <barrier>
#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>

namespace weft::lab {

void on_two_threads(std::array<unsigned, 2> cpus, std::array<side, 2>& sides,
                    const std::function<void(std::uint32_t me, side& mine)>& body) {
    std::array<int, 2> errors{0, 0};
    std::barrier both_there(2);
    const auto one = [&](std::uint32_t me) {
        errors[me] = pin_here(cpus[me]);
        both_there.arrive_and_wait();
        if (errors[0] == 0 && errors[1] == 0) {
            body(me, sides[me]);
        }
    };
    std::thread first(one, 0u);
    std::optional<std::thread> second;
    std::exception_ptr refused;
    try {
        second.emplace(one, 1u);
    } catch (...) {
        refused = std::current_exception();
        errors[1] = EAGAIN;
        both_there.arrive_and_drop(); // lets the first go home
    }
    first.join();
    if (second) {
        second->join();
    }
    if (refused) {
        std::rethrow_exception(refused);
    }
    for (const int error : errors) {
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "sched_setaffinity");
        }
    }
}

} // namespace weft::lab
