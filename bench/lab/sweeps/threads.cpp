// SPDX-License-Identifier: MIT
#include "lab/sweeps/threads.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include <cerrno>
#include <pthread.h>
#include <sched.h>
#include <system_error>
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/thread_block.hpp"
#endif

namespace weft::lab {

namespace {

void* pthread_work(void* c) {
    perform(*static_cast<cell*>(c));
    return nullptr;
}

void thread_work(void* c) {
    perform(*static_cast<cell*>(c));
}

void demand(int error, const char* call) {
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), call);
    }
}

class attributes {
  public:
    attributes() { demand(pthread_attr_init(&of_), "pthread_attr_init"); }
    ~attributes() { pthread_attr_destroy(&of_); }
    attributes(const attributes&) = delete;
    attributes& operator=(const attributes&) = delete;
    pthread_attr_t* get() noexcept { return &of_; }

  private:
    pthread_attr_t of_;
};

} // namespace

void by_pthread(cell& c, std::size_t stack_size, std::span<const unsigned> cpus, wait_how how) {
    attributes with;
    if (stack_size != 0) {
        demand(pthread_attr_setstacksize(with.get(), stack_size), "pthread_attr_setstacksize");
    }
    if (!cpus.empty()) {
        cpu_set_t mask;
        CPU_ZERO(&mask);
        for (const unsigned cpu : cpus) {
            CPU_SET(cpu, &mask);
        }
        demand(pthread_attr_setaffinity_np(with.get(), sizeof mask, &mask), "pthread_attr_setaffinity_np");
    }
    pthread_t child;
    demand(pthread_create(&child, with.get(), &pthread_work, &c), "pthread_create");
    if (how == wait_how::spins) {
        while (pthread_tryjoin_np(child, nullptr) == EBUSY) {
            kernel::cpu_pause();
        }
    } else {
        pthread_join(child, nullptr);
    }
}

void by_kernel_thread(cell& c, std::size_t stack_size, std::span<const unsigned> cpus, wait_how how) {
    kernel::thread_options with;
    with.stack_size = stack_size != 0 ? stack_size : std::size_t{8} << 20;
    with.cpus = cpus;
    auto started = kernel::start_thread(&thread_work, &c, with);
    if (!started) {
        demand(started.why().error, started.why().call);
    }
    if (how == wait_how::spins) {
        while (!kernel::has_ended(started.value())) {
            kernel::cpu_pause();
        }
    }
    kernel::join_thread(started.value());
}

void empty_block_cache() noexcept {
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
    kernel::trim_thread_cache();
#endif
}

bool has_block_cache() noexcept {
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
    return true;
#else
    return false;
#endif
}

} // namespace weft::lab
