// SPDX-License-Identifier: MIT
// kernel/thread.hpp on pthread_create, for sanitizer builds alone: ASan and TSan know threads only through it.
#if defined(WEFT_KERNEL_THREADS_PTHREAD)
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <pthread.h>
#include <sched.h>

namespace weft::kernel {

struct thread {
    thread_function f = nullptr;
    void* argument = nullptr;
    pthread_t handle{};
    std::uint64_t number = next_thread_number(); // r/o
    char name[16] = {};
    std::atomic<pid_t> tid{0};         // written by the thread, once
    std::atomic<bool> ended{false};    // written by the thread
    std::atomic<int> owners{2};        // the thread and its handle
    std::atomic<bool> detached{false};
};

namespace {

thread_local thread* current = nullptr;

void drop(thread* t) noexcept {
    // mo: acq_rel: the last one out frees what the other wrote.
    if (t->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete t;
    }
}

void* run(void* argument) {
    auto* t = static_cast<thread*>(argument);
    current = t;
    // mo: release -> tid_of's acquire.
    t->tid.store(static_cast<pid_t>(system_call(SYS_gettid)), std::memory_order_release);
    if (t->name[0] != '\0') {
        pthread_setname_np(pthread_self(), t->name);
    }
    struct ending { // also when pthread_exit or pthread_cancel unwinds through here
        thread* t;
        ~ending() {
            // mo: release -> has_ended's acquire.
            t->ended.store(true, std::memory_order_release);
            drop(t);
        }
    } const at_the_end{t};
    t->f(t->argument);
    return nullptr;
}

} // namespace

result<thread*> start_thread(thread_function f, void* argument, const thread_options& how) noexcept {
    if (how.stack_size < smallest_thread_stack) {
        return refusal{EINVAL, "a thread stack below 16 KiB"};
    }
    auto* t = new (std::nothrow) thread;
    if (!t) {
        return refusal{ENOMEM, "memory for a thread record"};
    }
    t->f = f;
    t->argument = argument;
    if (how.name) {
        std::strncpy(t->name, how.name, sizeof t->name - 1);
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    // Sanitizers use far more stack than the code that they watch.
    pthread_attr_setstacksize(&attributes, how.stack_size + 512 * 1024);
    int error = 0;
    if (!how.cpus.empty()) {
        cpu_set_t mask;
        CPU_ZERO(&mask);
        for (unsigned cpu : how.cpus) {
            CPU_SET(cpu, &mask);
        }
        error = pthread_attr_setaffinity_np(&attributes, sizeof mask, &mask);
    }
    if (error == 0) {
        error = pthread_create(&t->handle, &attributes, &run, t);
    }
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        delete t;
        return refusal{error, "pthread_create"};
    }
    return t;
}

void join_thread(thread* t) noexcept {
    pthread_join(t->handle, nullptr);
    drop(t);
}

void detach_thread(thread* t) noexcept {
    pthread_detach(t->handle);
    drop(t);
}

pid_t tid_of(const thread* t) noexcept {
    for (;;) {
        // mo: acquire -> run's release.
        if (const pid_t tid = t->tid.load(std::memory_order_acquire)) {
            return tid;
        }
        sched_yield();
    }
}

std::uint64_t number_of(const thread* t) noexcept {
    return t->number;
}

bool has_ended(const thread* t) noexcept {
    // mo: acquire -> run's release.
    return t->ended.load(std::memory_order_acquire);
}

thread* this_thread() noexcept {
    return current;
}

} // namespace weft::kernel
#endif
