// SPDX-License-Identifier: MIT
// A cell that parent and child both see, though they share no memory else: what a child process answers must
// come back. The creator's cell is copied there before, and back after; both cost a cache line.
#pragma once
#include "lab/cell.hpp"
#include <cerrno>
#include <new>
#include <sys/mman.h>
#include <system_error>

namespace weft::lab {

class shared_cell {
  public:
    /// Anonymous when descriptor is -1, else that file's first page. Throws std::system_error.
    explicit shared_cell(int descriptor = -1) {
        void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_SHARED | (descriptor < 0 ? MAP_ANONYMOUS : 0), descriptor, 0);
        if (memory == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(), "mmap of a cell to share");
        }
        there_ = ::new (memory) cell;
    }
    ~shared_cell() { munmap(there_, size); }
    shared_cell(const shared_cell&) = delete;
    shared_cell& operator=(const shared_cell&) = delete;

    static constexpr std::size_t size = 4096;
    cell& operator*() noexcept { return *there_; }

  private:
    cell* there_;
};

} // namespace weft::lab
