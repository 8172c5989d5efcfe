// SPDX-License-Identifier: MIT
// dlopen and raw threads: modules with TLS loaded before and after the threads, by main and by workers, and threads whose memory
// has been used before the module came.
#include "support/program.hpp"
#include <atomic>
#include <dlfcn.h>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;
using number_function = int* (*)();

namespace {

number_function load(const char* path, void** handle = nullptr) {
    void* module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        support::say("%s\n", dlerror());
    }
    REQUIRE(module);
    if (handle) {
        *handle = module;
    }
    const auto found = reinterpret_cast<number_function>(dlsym(module, "module_number"));
    REQUIRE(found);
    return found;
}

/// Threads that live through a load: they report when they run, and check what they find when they are told to.
class bystanders {
  public:
    explicit bystanders(int count) {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this] {
                ++running_;
                REQUIRE(support::eventually([this] { return number_ != nullptr; }, 30));
                number_function number = number_;
                REQUIRE(*number() == wanted_);
                *number() += gettid();
                sched_yield();
                REQUIRE(*number() == wanted_ + gettid());
            });
        }
        REQUIRE(support::eventually([&] { return running_ == count; }));
    }
    void check(number_function number, int wanted) {
        wanted_ = wanted;
        number_ = number;
        for (kernel_thread& t : threads_) {
            t.join();
        }
    }

  private:
    std::atomic<int> running_{0};
    std::atomic<int> wanted_{0};
    std::atomic<number_function> number_{nullptr};
    std::vector<kernel_thread> threads_;
};

void warm_the_cache() {
    bystanders used(6); // their blocks are in the cache when the module comes
    static thread_local int tls = 5;
    used.check([]() -> int* { return &tls; }, 5);
}

void dynamic_tls() {
    warm_the_cache();
    bystanders before(4);
    void* handle = nullptr;
    const auto number = load(WEFT_TLS_DYNAMIC_MODULE, &handle);
    REQUIRE(*number() == 4711);
    before.check(number, 4711);
    bystanders after(4);
    after.check(number, 4711);
    REQUIRE(*number() == 4711);
    REQUIRE(dlclose(handle) == 0);
}

void initial_exec_tls() {
    warm_the_cache();
    bystanders before(4);
    number_function number = nullptr;
    kernel_thread([&] { number = load(WEFT_TLS_INITIAL_EXEC_MODULE); }).join(); // loaded by a worker
    REQUIRE(*number() == 815);
    before.check(number, 815);
    bystanders after(8); // on used blocks, which were not on anyone's stack when it was loaded
    after.check(number, 815);
}

void load_and_unload_under_churn() {
    std::atomic<bool> stop{false};
    std::vector<kernel_thread> churn;
    for (int i = 0; i < 2; ++i) {
        churn.emplace_back([&] {
            while (!stop) {
                kernel_thread([] {
                    static thread_local int tls = 9;
                    REQUIRE(tls == 9);
                    tls = 1;
                }).join();
            }
        });
    }
    for (int i = 0; i < 300; ++i) {
        void* handle = nullptr;
        const auto number = load(WEFT_TLS_DYNAMIC_MODULE, &handle);
        REQUIRE(*number() == 4711);
        kernel_thread([&] {
            REQUIRE(*number() == 4711);
            *number() = 3;
        }).join();
        REQUIRE(dlclose(handle) == 0);
    }
    stop = true;
    for (kernel_thread& t : churn) {
        t.join();
    }
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"a module with dynamic TLS", dynamic_tls},
         {"loads and unloads while threads come and go", load_and_unload_under_churn},
         {"a module with initial-exec TLS", initial_exec_tls}});
}
