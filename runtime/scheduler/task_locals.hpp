// SPDX-License-Identifier: MIT
// The values that one task, or one kernel thread, has of task_locals: few, so a list that is searched from its young end.
//
// I1  A number occurs once.
#pragma once
#include <cstdint>
#include <vector>

namespace weft::scheduler {

class task_locals {
  public:
    task_locals() = default;
    task_locals(const task_locals&) = delete;
    task_locals& operator=(const task_locals&) = delete;
    ~task_locals() { destroy_all(); }

    [[nodiscard]] void* find(std::uint64_t number) const noexcept {
        for (auto e = values_.rbegin(); e != values_.rend(); ++e) {
            if (e->number == number) {
                return e->value;
            }
        }
        return nullptr;
    }

    /// Throws std::bad_alloc; then nothing has changed.
    void add(std::uint64_t number, void* value, void (*destroy)(void*) noexcept) {
        values_.push_back({number, value, destroy});
    }

    /// False when it has none.
    [[nodiscard]] bool replace(std::uint64_t number, void* value) noexcept {
        for (entry& e : values_) {
            if (e.number == number) {
                e.value = value;
                return true;
            }
        }
        return false;
    }

    /// The youngest first; also those that a destructor makes meanwhile.
    void destroy_all() noexcept {
        while (!values_.empty()) {
            const entry last = values_.back();
            values_.pop_back();
            if (last.destroy) {
                last.destroy(last.value);
            }
        }
    }

  private:
    struct entry {
        std::uint64_t number;
        void* value;
        void (*destroy)(void*) noexcept;
    };
    std::vector<entry> values_; // owner: the task or thread
};

} // namespace weft::scheduler
