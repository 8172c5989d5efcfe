// SPDX-License-Identifier: MIT
#include "sync/channel.hpp"
#include <cstdint>
#include <memory>
#include <new>
#include <string>

namespace weft::abi {

namespace {

std::byte* make_ring(std::size_t places, const element_type& element) {
    if (places == 0) {
        return nullptr;
    }
    if (places > static_cast<std::size_t>(PTRDIFF_MAX) / element.size) {
        throw channel_error("weft::channel: no memory holds " + std::to_string(places) + " values of " +
                            std::to_string(element.size) + " bytes");
    }
    return static_cast<std::byte*>(::operator new(places * element.size, std::align_val_t(element.alignment)));
}

/// Different channels choose differently; which way does not matter.
std::uint64_t new_seed() noexcept {
    static constinit std::atomic<std::uint64_t> made{0};
    // mo: relaxed: only the numbers must differ.
    return (made.fetch_add(1, std::memory_order_relaxed) + 1) * 0x9e3779b97f4a7c15u;
}

void settle(channel_case& c, channel_status status, sync::wake_list& woken) noexcept {
    c.status = status;
    woken.add(c);
}

void begin_again(channel_case& c, sync::wake_list& woken) noexcept {
    c.again = true;
    woken.add(c);
}

/// Until settled, a claimed operation begins again: whatever throws in between.
class claimed_case {
  public:
    claimed_case(channel_case& c, sync::wake_list& woken) noexcept : c_(&c), woken_(woken) {}
    claimed_case(const claimed_case&) = delete;
    claimed_case& operator=(const claimed_case&) = delete;
    ~claimed_case() {
        if (c_) {
            begin_again(*c_, woken_);
        }
    }
    void done() noexcept {
        settle(*c_, channel_status::done, woken_);
        c_ = nullptr;
    }

  private:
    channel_case* c_;
    sync::wake_list& woken_;
};

} // namespace

channel_core::channel_core(std::size_t places, const element_type& element)
    : random_state(new_seed()), capacity(places), type(element), ring(make_ring(places, element)) {}

channel_core::~channel_core() {
    for (std::size_t i = count; i > 0; --i) {
        type.destroy(place(i - 1));
    }
    if (ring) {
        ::operator delete(ring, std::align_val_t(type.alignment));
    }
}

bool channel_core::looks_ready_locked(const channel_case& c) const noexcept {
    if (c.sends) {
        return closed || count < capacity || !receivers.empty();
    }
    return closed || count > 0 || !senders.empty();
}

bool channel_core::attempt_locked(channel_case& c, sync::wake_list& woken) {
    return c.sends ? send_locked(c, woken) : receive_locked(c, woken);
}

bool channel_core::send_locked(channel_case& c, sync::wake_list& woken) {
    if (closed) {
        c.status = channel_status::closed;
        return true;
    }
    if (channel_case* to = receivers.claim_front()) {
        claimed_case receiver(*to, woken);
        type.move(to->value, c.value);
        receiver.done();
    } else if (count < capacity) {
        type.move(place(count), c.value);
        count = count + 1;
    } else {
        return false;
    }
    c.status = channel_status::done;
    return true;
}

bool channel_core::receive_locked(channel_case& c, sync::wake_list& woken) {
    if (count > 0) {
        void* oldest = place(0);
        type.move(c.value, oldest);
        type.destroy(oldest);
        head = head + 1 < capacity ? head + 1 : 0;
        count = count - 1;
        refill_locked(woken);
    } else if (channel_case* from = senders.claim_front()) {
        claimed_case sender(*from, woken);
        type.move(c.value, from->value);
        sender.done();
    } else if (closed) {
        c.status = channel_status::closed;
        return true;
    } else {
        return false;
    }
    c.status = channel_status::done;
    return true;
}

void channel_core::refill_locked(sync::wake_list& woken) noexcept {
    while (count < capacity) {
        channel_case* from = senders.claim_front();
        if (!from) {
            return;
        }
        try {
            claimed_case sender(*from, woken);
            type.move(place(count), from->value);
            count = count + 1;
            sender.done();
        } catch (...) { // the sender will meet it itself when it begins again
        }
    }
}

bool channel_core::close_locked(sync::wake_list& woken) noexcept {
    if (closed) {
        return false;
    }
    closed = true;
    for (sync::case_queue* queue : {&receivers, &senders}) {
        while (channel_case* c = queue->claim_front()) {
            settle(*c, channel_status::closed, woken);
        }
    }
    return true;
}

std::size_t channel_core::random_below_locked(std::size_t bound) noexcept {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return static_cast<std::size_t>(((random_state >> 32) * bound) >> 32);
}

channel_core* make_channel(std::size_t capacity, const element_type& type) {
    return std::make_unique<channel_core>(capacity, type).release();
}

void share_channel(channel_core* c) noexcept {
    // mo: relaxed: who copies a handle holds one.
    c->handles.fetch_add(1, std::memory_order_relaxed);
}

void drop_channel(channel_core* c) noexcept {
    // mo: acq_rel: release -> the last one's acquire: our last use; acquire: everybody's.
    if (c->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete c;
    }
}

bool close_channel(channel_core* c) {
    sync::wake_list woken;
    sync::channel_guard hold(c->lock);
    return c->close_locked(woken);
}

bool channel_closed(channel_core* c) {
    sync::channel_guard hold(c->lock);
    return c->closed;
}

std::size_t channel_size(channel_core* c) {
    sync::channel_guard hold(c->lock);
    return c->count;
}

std::size_t channel_capacity(const channel_core* c) noexcept {
    return c->capacity;
}

} // namespace weft::abi
