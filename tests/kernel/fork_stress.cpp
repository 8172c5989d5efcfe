// SPDX-License-Identifier: MIT
// fork() in a raw thread while the others churn: malloc, stdio and threads that come and go. The child lives on the forker's stack,
// as the only thread of its process; it must be able to do what any child may do, and more: malloc, printf, throw, make kernel
// threads (raw and std), join handles that it inherited, dlopen, fork again, exit.
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <pthread.h>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

std::atomic<bool> stop{false};
std::atomic<long> forks{0};
thread_local std::string own = "the thread's own";
pthread_key_t key; // every thread of the parent has a value; a new thread of the child must not find one

void require_clean_exit(pid_t child, int code) {
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code) {
        support::say("child ended with status %#x, wanted exit code %d\n", static_cast<unsigned>(status), code);
        support::check_failed("a child went wrong", __FILE__, __LINE__);
    }
}

/// What a child does; runs on the forker's stack, alone in its process.
int in_the_child(unsigned choice, const std::string& parents_own) {
    support::time_limit(30);
    REQUIRE(own == parents_own);
    REQUIRE(support::count_threads() == 1);
    std::vector<std::string> memory(50, std::string(200, 'm'));
    std::FILE* nowhere = std::fopen("/dev/null", "we");
    REQUIRE(nowhere && std::fprintf(nowhere, "%zu %s %.3f\n", memory.size(), memory[7].c_str(), 2.5) > 200);
    std::fclose(nowhere);
    try {
        throw std::runtime_error("in the child");
    } catch (const std::runtime_error& e) {
        REQUIRE(std::string(e.what()) == "in the child");
    }
    switch (choice % 5) {
    case 0: {
        std::atomic<int> ran{0};
        std::vector<kernel_thread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] {
                REQUIRE(pthread_getspecific(key) == nullptr);
                REQUIRE(pthread_setspecific(key, &ran) == 0);
                own += '!';
                ++ran;
            });
        }
        for (kernel_thread& t : threads) {
            t.join();
        }
        REQUIRE(ran == 6 && own == parents_own);
        kernel_thread([] {}).detach();
        break;
    }
    case 1: {
        int ran = 0;
        std::thread([&] {
            REQUIRE(pthread_getspecific(key) == nullptr);
            kernel_thread([&] { ran = 1; }).join();
        }).join();
        REQUIRE(ran == 1);
        break;
    }
    case 2: {
        void* module = dlopen(WEFT_TLS_DYNAMIC_MODULE, RTLD_NOW);
        REQUIRE(module);
        const auto number = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
        REQUIRE(number && *number() == 4711);
        kernel_thread([&] { REQUIRE(*number() == 4711); }).join();
        break;
    }
    case 3: { // a grandchild, from a new thread
        kernel_thread([] {
            const pid_t grandchild = fork();
            REQUIRE(grandchild != -1);
            if (grandchild == 0) {
                kernel_thread([] {}).join();
                _exit(5);
            }
            require_clean_exit(grandchild, 5);
        }).join();
        break;
    }
    default:
        break;
    }
    return 17;
}

void forker(unsigned long seed) {
    std::mt19937_64 random(seed);
    REQUIRE(pthread_setspecific(key, &own) == 0);
    while (!stop) {
        own = "forker " + std::to_string(random() % 1000);
        // An exit from a child of a multi-threaded process runs exit handlers and flushes what it inherited: stdio must be flushed before.
        const auto choice = static_cast<unsigned>(random());
        const bool by_exit = random() % 2;
        const pid_t child = fork();
        REQUIRE(child != -1);
        if (child == 0) {
            const int code = in_the_child(choice, own);
            by_exit ? std::exit(code) : _exit(code);
        }
        require_clean_exit(child, 17);
        ++forks;
    }
}

void churner(unsigned long seed) {
    std::mt19937_64 random(seed);
    while (!stop) {
        const auto how = [&] {
            weft::kernel_thread_attributes a;
            a.stack_size = (16 + 16 * (random() % 8)) * 1024;
            return a;
        }();
        kernel_thread t(how, [n = random()] {
            REQUIRE(pthread_getspecific(key) == nullptr);
            REQUIRE(pthread_setspecific(key, &own) == 0);
            std::string text(100 + n % 1000, 'c');
            own += text;
            std::FILE* nowhere = std::fopen("/dev/null", "we");
            std::fprintf(nowhere, "%s\n", own.c_str());
            std::fclose(nowhere);
        });
        random() % 4 ? t.join() : t.detach();
    }
}

/// A handle that the parent holds while it forks: in the child the thread is gone, and join returns at once.
void inherited_handles() {
    std::atomic<bool> leave{false};
    std::atomic<int> running{0};
    std::vector<kernel_thread> held;
    for (int i = 0; i < 3; ++i) {
        held.emplace_back([&] {
            ++running;
            REQUIRE(support::eventually([&] { return leave.load(); }, 60));
        });
    }
    REQUIRE(support::eventually([&] { return running == 3; }));
    const pid_t child = fork();
    REQUIRE(child != -1);
    if (child == 0) {
        support::time_limit(20);
        held[0].join();
        held[1].detach();
        held[2].join();
        int ran = 0;
        kernel_thread([&] { ran = 1; }).join();
        REQUIRE(ran == 1);
        _exit(3);
    }
    require_clean_exit(child, 3);
    leave = true;
    for (kernel_thread& t : held) {
        t.join();
    }
}

} // namespace

int main(int argc, char** argv) {
    const double seconds = support::stress_seconds(4);
    support::time_limit(static_cast<unsigned>(seconds) * 2 + 60);
    const unsigned long seed = support::seed_of(argc, argv);
    own = "main's";
    REQUIRE(pthread_key_create(&key, [](void*) {}) == 0);
    inherited_handles();
    std::vector<kernel_thread> threads;
    for (unsigned i = 0; i < 3; ++i) {
        threads.emplace_back(forker, seed + i);
        threads.emplace_back(churner, seed + 100 + i);
    }
    threads.emplace_back([seed] { // a std::thread forks as well
        std::thread(forker, seed + 200).join();
    });
    support::sleep_ms(static_cast<long>(seconds * 1000));
    stop = true;
    for (kernel_thread& t : threads) {
        t.join();
    }
    support::say("%ld children\n", forks.load());
    REQUIRE(forks > 0);
    return 0;
}
