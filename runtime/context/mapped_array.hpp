// SPDX-License-Identifier: MIT
// A growing array in a mapping of its own: growing may be refused, pushing within the reserved room may not, and malloc is not involved.
// (std::vector throws where the pool must answer with the kernel's refusal.)
#pragma once
#include "base/check.hpp"
#include "base/result.hpp"
#include "kernel/memory.hpp"
#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <type_traits>

namespace weft::context {

template <class T>
class mapped_array {
    static_assert(std::is_trivially_copyable_v<T>, "elements move by mremap");

  public:
    mapped_array() = default;
    mapped_array(const mapped_array&) = delete;
    mapped_array& operator=(const mapped_array&) = delete;
    ~mapped_array() {
        if (data_) {
            kernel::unmap_memory(data_, room_ * sizeof(T));
        }
    }

    /// Room for `wanted` elements in all.
    [[nodiscard]] base::result<void> reserve(std::size_t wanted) noexcept {
        if (wanted <= room_) {
            return {};
        }
        std::size_t bytes = data_ ? room_ * sizeof(T) : 4096;
        while (bytes / sizeof(T) < wanted) {
            bytes *= 2;
        }
        const long at = data_ ? kernel::grow_memory(data_, room_ * sizeof(T), bytes) : kernel::map_memory(bytes, MAP_NORESERVE);
        if (at < 0 && at > -4096) {
            return base::refusal{static_cast<int>(-at), "mmap of a table"};
        }
        data_ = reinterpret_cast<T*>(at);
        room_ = bytes / sizeof(T);
        return {};
    }

    void push_back(T value) noexcept {
        base::check(size_ < room_, "mapped_array: no room was reserved");
        ::new (static_cast<void*>(data_ + size_++)) T(value);
    }
    [[nodiscard]] T pop_back() noexcept { return data_[--size_]; }

    [[nodiscard]] T* begin() noexcept { return data_; }
    [[nodiscard]] T* end() noexcept { return data_ + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

} // namespace weft::context
