// SPDX-License-Identifier: MIT
// 07: exceptions travel.
//
// What leaves a task is kept and rethrown by join(). And since a task may suspend anywhere, it may suspend inside a catch block:
// the exception being handled belongs to the task, follows it to another worker, and `throw;` afterwards finds it.
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

int parse(const std::string& text) {
    return std::stoi(text); // throws std::invalid_argument
}

std::string retry_in_catch(int number) {
    try {
        try {
            throw std::runtime_error("fault " + std::to_string(number));
        } catch (const std::runtime_error&) {
            weft::sleep_for(10ms); // suspended in the middle of handling; others throw and catch meanwhile
            throw;
        }
    } catch (const std::runtime_error& e) {
        return e.what();
    }
}

} // namespace

int main() {
    weft::runtime rt({.workers = 2});

    rt.run([] {
        auto good = weft::spawn([] { return parse("42"); });
        auto bad = weft::spawn([] { return parse("forty-two"); });
        std::printf("good: %d\n", good.join());
        try {
            std::printf("bad: %d\n", bad.join());
        } catch (const std::invalid_argument&) {
            std::printf("bad: not a number\n");
        }

        auto one = weft::spawn([] { return retry_in_catch(1); });
        auto two = weft::spawn([] { return retry_in_catch(2); });
        const std::string first = one.join();
        const std::string second = two.join();
        std::printf("%s, %s\n", first.c_str(), second.c_str());
        std::printf("left over: %d uncaught\n", std::uncaught_exceptions());
    });

    // run() hands the first task's exception on to main.
    try {
        rt.run([] { throw std::runtime_error("the first task gave up"); });
    } catch (const std::runtime_error& e) {
        std::printf("main caught: %s\n", e.what());
    }
}
