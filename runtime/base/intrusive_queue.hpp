// SPDX-License-Identifier: MIT
// A first-in-first-out queue threaded through a `next` member of its elements. Owns nothing, allocates
// nothing, takes no lock: the caller brings the discipline.
#pragma once
#include <cstddef>

namespace weft::base {

template <class T, T* T::*Next = &T::next>
class intrusive_queue {
  public:
    bool empty() const noexcept { return head_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    T* front() const noexcept { return head_; }

    void push_back(T* element) noexcept {
        element->*Next = nullptr;
        (tail_ ? tail_->*Next : head_) = element;
        tail_ = element;
        ++size_;
    }

    void push_front(T* element) noexcept {
        element->*Next = head_;
        head_ = element;
        if (!tail_) {
            tail_ = element;
        }
        ++size_;
    }

    T* pop_front() noexcept {
        T* element = head_;
        if (element) {
            head_ = element->*Next;
            if (!head_) {
                tail_ = nullptr;
            }
            --size_;
            element->*Next = nullptr;
        }
        return element;
    }

    /// Moves all of other behind our last element; other is empty afterwards.
    void append(intrusive_queue& other) noexcept {
        if (other.empty()) {
            return;
        }
        (tail_ ? tail_->*Next : head_) = other.head_;
        tail_ = other.tail_;
        size_ += other.size_;
        other = {};
    }

  private:
    T* head_ = nullptr;
    T* tail_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace weft::base
