// SPDX-License-Identifier: MIT
// pthread_create and pthread_join, step by step and with the time of each moment. glibc makes its system
// calls inside, where nothing can be put in between without changing what is measured; so its steps are made
// here, in its order and with its sizes, and the whole is held against the whole of the real thing in the
// same rounds.
#pragma once
#include "lab/cell.hpp"
#include "lab/split/life.hpp"
#include "lab/split/stamped_thread.hpp"
#include <cstddef>
#include <string>

namespace weft::lab {

class pthread_replica {
  public:
    explicit pthread_replica(std::size_t stack_size) : stack_size_(stack_size) {}
    ~pthread_replica();
    pthread_replica(const pthread_replica&) = delete;
    pthread_replica& operator=(const pthread_replica&) = delete;

    /// As live_stamped. Throws std::system_error.
    [[nodiscard]] life live(cell& c, bool cold, joiner how);

    /// What it does otherwise than glibc, in sentences.
    [[nodiscard]] static std::string differences();

  private:
    void map(life& l);
    void unmap() noexcept;

    const std::size_t stack_size_;
    char* low_ = nullptr; // guard included
    std::size_t size_ = 0;
    char* thread_pointer_ = nullptr;
};

} // namespace weft::lab
