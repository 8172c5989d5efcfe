// SPDX-License-Identifier: MIT
// What every blocking primitive of weft is made of: lists of those who wait, and the race to end a wait. Not for users.
//
//   wait_list     a first-in-first-out list of wait_nodes; lies in the primitive
//   wait_section  holds the lock of a list (a lock of the library, chosen by the list's address, so that it never dies); wakes
//                 whom it has taken only after it has let go of the lock
//   wait_node     a place in one list; lies on the waiter's stack
//   wait_race     one wait of one task or kernel thread; on its stack, too. A race has one node, or several (a select), and one
//                 winner: a node that was taken, the deadline, or an interrupt (a stop request)
//
// How a primitive waits                                  How it wakes
//   wait_race race;                                        {
//   wait_node node(race);                                      wait_section held(&list);
//   {                                                          ... change the state ...
//       wait_section held(&list);                              while (wait_node* n = list.first) {
//       if (... need not wait ...) { return; }                     ... write into *n what its waiter shall find ...
//       held.link_back(list, node);                                if (held.take(*n)) { break; }   // else it had ended before
//   }                                                          }
//   ... unlock the user's lock, if there is one ...            ... last access to the primitive ...
//   switch (race.wait(deadline)) { ... }                   }   // unlocks, then wakes
//
// With nothing to do between the section and the sleep, wait_in does the left column in one.
//
// R1  A node is linked, unlinked, taken and looked at under the lock of its list only. Its own waiter may read it after wait() has
//     returned `woken` with that node as the winner, and then sees all that the taker wrote in its section.
// R2  A taken node lives until its taker's section ends; one that take() refused only until then, too, and it is unlinked.
// R3  After its wait_section a waker touches neither the primitive nor a node.
// R4  From linking its first node to wait() a waiter may do anything, also suspend: a winner that comes early is kept for it.
// R5  Nodes die unlinked: the destructor sees to it, so node objects stand below their race, and a timed-out or interrupted waiter
//     still takes the lock once. Its primitive may be gone by then only if the node has been unlinked by a waker.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::abi {

struct wait_node;
class wait_section;
class wait_race;

/// A deadline that never comes.
inline constexpr std::uint64_t no_deadline = ~std::uint64_t{0};

enum class wait_result : unsigned char {
    woken,       ///< a node was taken: wait_race::winner says which
    timed_out,   ///< the deadline came first
    interrupted, ///< interrupt() came first
    not_needed   ///< wait_in and abi::wait alone: there was nothing to wait for
};

/// What became of a node that was to be taken.
enum class taken : unsigned char {
    too_late, ///< its race had ended already; it is unlinked
    awake,    ///< it has won before its waiter slept: wait() will not suspend
    asleep    ///< it has won, and its waiter sleeps
};

struct wait_list {
    wait_node* first = nullptr; // guarded by the list's lock, as all of it
    wait_node* last = nullptr;
    [[nodiscard]] constexpr bool empty() const noexcept { return first == nullptr; }
};

class wait_race {
  public:
    wait_race() noexcept = default;
    wait_race(const wait_race&) = delete;
    wait_race& operator=(const wait_race&) = delete;

    /// Once: waits until the race has a winner. Suspends a task; blocks a kernel thread that runs none, or whose task is in blocking().
    /// deadline_ns is of CLOCK_MONOTONIC. Throws std::bad_alloc, only with a deadline and only when nobody has won; then nobody will.
    /// Synchronises with the winner.
    wait_result wait(std::uint64_t deadline_ns = no_deadline);

    /// Instead of linking and wait(), for a race of one node. In the section of `key` asks enters(section), which does not throw and either
    /// changes the primitive so that nobody need wait: false, and the answer is not_needed; or links the node: true, and it waits as wait()
    /// does. Cheaper than the two apart when nothing but the list can end the wait: a task keeps the lock until it has left its stack, so
    /// whoever finds the node finds its waiter asleep, and the two need not agree on that by a word.
    template <class Enters>
    wait_result wait_in(const void* key, Enters enters, std::uint64_t deadline_ns = no_deadline) {
        return wait_in(
            key, [](void* argument, wait_section& held) noexcept -> bool { return (*static_cast<Enters*>(argument))(held); }, &enters,
            deadline_ns);
    }

    /// A third party ends the wait, from anywhere. True when it has won. The caller sees to it that the race still lives (a
    /// stop_callback does: its destructor waits for the callback).
    bool interrupt() noexcept;

    /// After wait() has returned woken: the node that was taken. Else null.
    [[nodiscard]] wait_node* winner() const noexcept { return winner_; }
    /// There is a winner: wait() will not suspend.
    [[nodiscard]] bool over() const noexcept {
        // mo: relaxed: a look; wait() synchronises.
        return (word_.load(std::memory_order_relaxed) & ~armed) != 0;
    }

  private:
    friend class wait_section;
    friend struct race_access;
    struct entry;
    wait_result wait_in(const void* key, bool (*enters)(void*, wait_section&) noexcept, void* argument, std::uint64_t deadline_ns);

    // The word: armed, and above that who has won: one of the causes, or the address of a node.
    static constexpr std::uintptr_t armed = 1, by_deadline = 2, by_interrupt = 4, by_failure = 6, least_address = 8;

    [[nodiscard]] taken try_win(std::uintptr_t cause) noexcept;
    void wake() noexcept;
    wait_result settle() noexcept;

    std::atomic<std::uintptr_t> word_{0}; // atomic, see mo in runtime/sync/wait_list.cpp
    void* sleeper_ = nullptr;             // r/o once armed, or linked by wait_in: the task, or the kernel thread's parker with the lowest bit set; null: never slept
    wait_node* winner_ = nullptr;         // owner: the waiter; in wait_in the taker, in its section
    bool asleep_when_found_ = false;      // r/o once linked: by wait_in
};

struct wait_node {
    explicit wait_node(wait_race& r, std::uintptr_t kept = 0) noexcept : race(&r), note(kept) {}
    wait_node(const wait_node&) = delete;
    wait_node& operator=(const wait_node&) = delete;
    ~wait_node() {
        if (key && race->winner() != this) {
            leave();
        }
    }
    /// Takes the lock, and the node out of its list if it is still in one. True when it was. For nodes that no longer wait.
    bool leave() noexcept;

    wait_race* const race;
    wait_node* next = nullptr;     // guarded by the list's lock, as the next two
    wait_node* previous = nullptr;
    wait_list* list = nullptr;     // where it is linked; null: nowhere
    const void* key = nullptr;     // whose lock guards it; r/o while linked; null: never linked, or seen to be out
    std::uintptr_t note;           // the primitive's own, as data
    void* data = nullptr;
};

/// The critical section of a list. Nothing suspends in it, but for wait_in, whose next context ends it. Do nothing long in it, run no user code, and open no second one.
class wait_section {
  public:
    /// key: the address of the list, or of what it lies in; the same for all who use the list.
    explicit wait_section(const void* key) noexcept;
    /// Of two lists at once, for moving nodes from the first to the second: what is linked is guarded by second_key.
    wait_section(const void* first_key, const void* second_key) noexcept;
    wait_section(const wait_section&) = delete;
    wait_section& operator=(const wait_section&) = delete;
    ~wait_section() {
        if (lock_) {
            end();
        }
    }
    /// Ends it early: unlocks, and wakes whom was taken.
    void end() noexcept;

    void link_back(wait_list& list, wait_node& node) noexcept { link(list, node, list.last); }
    void link_front(wait_list& list, wait_node& node) noexcept { link(list, node, nullptr); }
    void unlink(wait_node& node) noexcept {
        (node.previous ? node.previous->next : node.list->first) = node.next;
        (node.next ? node.next->previous : node.list->last) = node.previous;
        node.list = nullptr;
        node.next = nullptr;
        node.previous = nullptr;
    }

    /// Takes the node out of its list and makes it its race's winner. False when the race had ended: then it is unlinked all the same.
    /// Its waiter is woken at the section's end.
    bool take(wait_node& node) noexcept {
        const taken how = take_quietly(node);
        if (how == taken::asleep) {
            wake(node);
        }
        return how != taken::too_late;
    }
    /// Takes the first node that wins; null when there is none.
    wait_node* take_first(wait_list& list) noexcept;
    void take_all(wait_list& list) noexcept;

    /// As take, but one that is `asleep` is not woken: it is the caller's, to link into another list and later, unlinked, to wake().
    [[nodiscard]] taken take_quietly(wait_node& node) noexcept {
        unlink(node);
        wait_race& race = *node.race;
        if (race.asleep_when_found_) {
            race.winner_ = &node;
            return taken::asleep;
        }
        return race.try_win(reinterpret_cast<std::uintptr_t>(&node));
    }
    /// Wakes, at the section's end, a node that was taken quietly and is in no list.
    void wake(wait_node& node) noexcept {
        node.next = nullptr;
        (to_wake_last_ ? to_wake_last_->next : to_wake_) = &node;
        to_wake_last_ = &node;
    }

  private:
    void link(wait_list& list, wait_node& node, wait_node* after) noexcept {
        node.key = key_;
        node.list = &list;
        node.previous = after;
        node.next = after ? after->next : list.first;
        (node.previous ? node.previous->next : list.first) = &node;
        (node.next ? node.next->previous : list.last) = &node;
    }

    const void* key_;                   // for the nodes that are linked now
    void* lock_;                        // of the pool; null: the section has ended
    void* second_lock_ = nullptr;       // of a pair
    wait_node* to_wake_ = nullptr;      // by next
    wait_node* to_wake_last_ = nullptr;
};

/// Of a waiter in a primitive's list: at its end, also when the wait throws, it gives up by owner.leave(node), unless what it waited for
/// is its own by then.
template <class Owner>
struct place_in_line {
    Owner& owner;
    wait_node& node;
    ~place_in_line() {
        if (node.key && node.race->winner() != &node) {
            owner.leave(node);
        }
    }
};

/// In the list's section asks must_wait(argument), which may change the primitive, and links the node, last, if it says so: true.
bool enter(wait_list& list, wait_node& node, bool (*must_wait)(void*) noexcept, void* argument) noexcept;

/// The whole wait of a primitive with one list: enters it and waits if it must. Throws as wait_race::wait.
wait_result wait(wait_list& list, bool (*must_wait)(void*) noexcept, void* argument, std::uint64_t deadline_ns = no_deadline);

} // namespace weft::abi
