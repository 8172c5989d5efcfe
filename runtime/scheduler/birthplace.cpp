// SPDX-License-Identifier: MIT
#include "scheduler/birthplace.hpp"

namespace weft::scheduler {

namespace {

constinit thread_local birthplace elsewhere = nullptr; // null: here

} // namespace

void be_born_elsewhere(birthplace where) noexcept {
    elsewhere = where;
}

bool give_birth(birth born, void* argument) noexcept {
    return elsewhere ? elsewhere(born, argument) : born(argument);
}

} // namespace weft::scheduler
