// SPDX-License-Identifier: MIT
// A descriptor that is closed when its owner goes.
#pragma once
#include <weft/readiness.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace weft {

class file_descriptor {
  public:
    constexpr file_descriptor() noexcept = default;
    /// Takes it over. -1: none.
    explicit constexpr file_descriptor(int number) noexcept : number_(number) {}
    file_descriptor(file_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~file_descriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
    /// Gives it away; afterwards this object has none.
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
    void close() noexcept;

    /// At most `size` bytes, as soon as there are some; 0 at the end of the file. Suspends a task, blocks a foreign kernel thread.
    /// Throws std::system_error.
    [[nodiscard]] std::size_t read_some(void* into, std::size_t size);
    /// Everything up to the end of the file. Waits as read_some.
    [[nodiscard]] std::string read_all();
    /// All of it. Waits as read_some. Throws std::system_error; broken_pipe when nobody can read it any more (SIGPIPE is not
    /// raised in the process).
    void write_all(std::string_view bytes);

  private:
    int number_ = -1;
};

} // namespace weft
