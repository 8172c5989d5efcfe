// SPDX-License-Identifier: MIT
// An allocator with a pointer class of its own, which counts what is out.
#pragma once
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>

namespace test {

template <class T>
class fancy_pointer {
  public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = fancy_pointer;
    using reference = std::add_lvalue_reference_t<T>;
    using iterator_category = std::random_access_iterator_tag;

    fancy_pointer() = default;
    fancy_pointer(std::nullptr_t) {} // NOLINT: as a pointer
    explicit fancy_pointer(T* p) : p_(p) {}
    template <class U>
        requires std::is_convertible_v<U*, T*>
    fancy_pointer(const fancy_pointer<U>& other) : p_(other.operator->()) {} // NOLINT: as a pointer
    static fancy_pointer pointer_to(T& t) { return fancy_pointer(std::addressof(t)); }
    reference operator*() const { return *p_; }
    T* operator->() const { return p_; }
    explicit operator bool() const { return p_ != nullptr; }
    friend bool operator==(const fancy_pointer&, const fancy_pointer&) = default;

  private:
    T* p_ = nullptr;
};

template <class T>
struct counting_allocator {
    using value_type = T;
    using pointer = fancy_pointer<T>;

    explicit counting_allocator(int& n) : out(&n) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) : out(other.out) {} // NOLINT: as allocators are
    pointer allocate(std::size_t n) {
        ++*out;
        return pointer(static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(alignof(T)))));
    }
    void deallocate(pointer p, std::size_t) {
        --*out;
        ::operator delete(p.operator->(), std::align_val_t(alignof(T)));
    }
    friend bool operator==(const counting_allocator& a, const counting_allocator& b) { return a.out == b.out; }

    int* out;
};

/// The code of the future_error that f throws; future_errc() when it throws none.
template <class F>
std::future_errc future_error_of(F f) {
    try {
        f();
    } catch (const std::future_error& e) {
        return static_cast<std::future_errc>(e.code().category() == std::future_category() ? e.code().value() : -1);
    }
    return {};
}

} // namespace test
