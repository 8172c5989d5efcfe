// SPDX-License-Identifier: MIT
#include "lab/split/real_pthread.hpp"
#include "kernel/clock.hpp"
#include <pthread.h>
#include <system_error>

namespace weft::lab {

namespace {

void* work(void* c) {
    perform(*static_cast<cell*>(c));
    return nullptr;
}

void demand(int error, const char* call) {
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), call);
    }
}

class attributes {
  public:
    explicit attributes(std::size_t stack_size) {
        demand(pthread_attr_init(&of_), "pthread_attr_init");
        if (const int error = pthread_attr_setstacksize(&of_, stack_size); error != 0) {
            pthread_attr_destroy(&of_);
            demand(error, "pthread_attr_setstacksize");
        }
    }
    ~attributes() { pthread_attr_destroy(&of_); }
    attributes(const attributes&) = delete;
    attributes& operator=(const attributes&) = delete;
    const pthread_attr_t* get() const noexcept { return &of_; }

  private:
    pthread_attr_t of_;
};

} // namespace

life live_pthread(cell& c, std::size_t stack_size) {
    const attributes how(stack_size);
    life l;
    pthread_t child;
    l.began = kernel::monotonic_ns();
    demand(pthread_create(&child, how.get(), &work, &c), "pthread_create");
    l.started = kernel::monotonic_ns();
    pthread_join(child, nullptr);
    l.end_seen = kernel::monotonic_ns();
    l.signals_open = c.began;
    l.user_code_left = c.ended;
    return l;
}

} // namespace weft::lab
