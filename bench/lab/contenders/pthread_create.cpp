// SPDX-License-Identifier: MIT
// pthread_create and pthread_join, no attributes: what std::thread stands on, without its allocation.
#include "lab/roster.hpp"
#include <pthread.h>
#include <system_error>
#include <vector>

namespace weft::lab {

namespace {

void* perform_cell(void* c) {
    perform(*static_cast<cell*>(c));
    return nullptr;
}

class pthread_contender final : public contender {
  public:
    using contender::contender;

    void create_and_join(cell& c) override {
        pthread_t child;
        demand(pthread_create(&child, nullptr, &perform_cell, &c));
        note_created(c);
        pthread_join(child, nullptr);
    }

    void create_and_join_all(std::span<cell> cells) override {
        threads_.clear();
        threads_.reserve(cells.size());
        int error = 0;
        for (cell& c : cells) {
            pthread_t child;
            error = pthread_create(&child, nullptr, &perform_cell, &c);
            if (error != 0) {
                break;
            }
            threads_.push_back(child);
        }
        for (const pthread_t child : threads_) {
            pthread_join(child, nullptr);
        }
        demand(error);
    }

  private:
    static void demand(int error) {
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "pthread_create");
        }
    }

    std::vector<pthread_t> threads_;
};

} // namespace

creation_entry pthread_create_entry() {
    return {{"pthread_create", "pthread_create", "pthread_create with default attributes, and pthread_join.",
             contender_kind::kernel_thread},
            [](contender_card card, runtime&) -> std::unique_ptr<contender> {
                return std::make_unique<pthread_contender>(std::move(card));
            }};
}

} // namespace weft::lab
