// SPDX-License-Identifier: MIT
// A bit of everything through the public headers: tasks, exceptions, sleep, blocking, kernel threads, thread_local, malloc and
// iostreams on weft's threads. The exit code says which part failed. Linked dynamically, statically, as PIE, as C++20 and 23.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <locale>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>
#include <weft/weft.hpp>

namespace {

std::atomic<int> destroyed{0};

struct witness {
    std::string text = std::string(100, 'x');
    ~witness() { ++destroyed; }
};

thread_local witness mine;

int fibonacci(int n) {
    if (n < 2) {
        return n;
    }
    auto left = weft::spawn([n] { return fibonacci(n - 1); });
    const int right = fibonacci(n - 2);
    return left.join() + right;
}

int kernel_threads() {
    std::vector<weft::kernel_thread> crew;
    std::atomic<int> right{0};
    for (int i = 0; i < 8; ++i) {
        crew.emplace_back([i, &right] {
            mine.text += std::to_string(i);
            std::ostringstream out;
            out << i << ' ' << std::isalpha('a', std::locale()) << ' ' << mine.text.size();
            errno = 0;
            const bool refused = close(-1) != 0 && errno == EBADF;
            auto shared = std::make_shared<std::string>(out.str());
            try {
                throw std::runtime_error(*shared);
            } catch (const std::exception& e) {
                right += refused && e.what() == std::to_string(i) + " 1 101";
            }
        });
    }
    for (auto& t : crew) {
        t.join();
    }
    return right == 8 && destroyed == 8 ? 0 : 1;
}

int tasks() {
    weft::runtime rt({.workers = 4, .name = "stranger"});
    if (rt.run([] { return fibonacci(18); }) != 2584) {
        return 2;
    }
    bool caught = false;
    try {
        rt.run([] {
            weft::sleep_for(std::chrono::milliseconds(5));
            throw std::runtime_error("from a task");
        });
    } catch (const std::runtime_error&) {
        caught = true;
    }
    if (!caught) {
        return 3;
    }
    const int slept = rt.run([] { return weft::blocking([] { return usleep(1000); }); });
    return slept == 0 && rt.workers() == 4 ? 0 : 4;
}

} // namespace

int main() {
    int code = kernel_threads();
    if (code == 0) {
        code = tasks();
    }
    std::cout << "stranger: " << (code == 0 ? "all right" : "failed in part " + std::to_string(code)) << '\n';
    return code;
}
