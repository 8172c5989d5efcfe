// SPDX-License-Identifier: MIT
// A rung of the ladder: has one piece of work done at a time. It takes no part in the batches.
#pragma once
#include "lab/contender.hpp"
#include <memory>
#include <stdexcept>

namespace weft {
class runtime;
}

namespace weft::lab {

class rung : public contender {
  public:
    using contender::contender;
    [[nodiscard]] std::string no_batches() const override {
        return "it is a rung of the ladder, one at a time";
    }
    void create_and_join_all(std::span<cell>) override {
        throw std::logic_error(about().title + " was asked for a batch");
    }
};

template <class Rung>
std::unique_ptr<contender> make_rung(contender_card card, runtime&) {
    return std::make_unique<Rung>(std::move(card));
}

} // namespace weft::lab
