// SPDX-License-Identifier: MIT
// What is written where: thread pointer, tid words, pidfd.
#include "flags/gallery.hpp"
#include "kernel/thread_pointer.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <linux/futex.h>
#include <poll.h>
#include <unistd.h>
#include <weft/raw.hpp>

namespace weft::gallery {

namespace {

using f = clone_flag;

alignas(64) char block[4096];
const char* parents_pointer;

/// Nothing here may touch thread-local storage: behind the new pointer there is none.
int whose_pointer(void*) noexcept {
    const char* mine = kernel::thread_pointer();
    return mine == block + 2048 ? 2 : mine == parents_pointer ? 1 : 0;
}

observation settls(bool on) {
    parents_pointer = kernel::thread_pointer();
    // x86-64's psABI: the block holds its own address, at its start and (in glibc) 16 bytes on; fs-relative code reads it there.
    void* self = block + 2048;
    std::memcpy(block + 2048, &self, sizeof self);
    std::memcpy(block + 2048 + 16, &self, sizeof self);
    clone_builder how;
    how.tls(self);
    if (!on) {
        how.without(f::settls);
    }
    const int whose = start_or_say(how, whose_pointer, nullptr).wait().value();
    return {whose == 2, std::string("the child's thread pointer is ") + (whose == 2   ? "the one that was given"
                                                                         : whose == 1 ? "the parent's"
                                                                                      : "neither")};
}

observation parent_settid(bool on) {
    pid_t word = 0;
    auto stop = [] { return 0; };
    clone_builder how;
    how.parent_tid(&word);
    if (!on) {
        how.without(f::parent_settid);
    }
    auto child = start_or_say(how, stop);
    const bool is_child = word == child.pid();
    child.wait();
    return {is_child, std::string("after the call the parent's word is ") + (word == 0  ? "0, untouched"
                                                                             : is_child ? "the child's tid"
                                                                                        : "something else")};
}

observation child_settid(bool on) {
    static pid_t word;
    word = 0;
    auto look = [] { return word == 0 ? 0 : word == raw_gettid() ? 1 : 2; };
    clone_builder how;
    how.child_set_tid(&word);
    if (!on) {
        how.without(f::child_settid);
    }
    const int saw = start_or_say(how, look).wait().value();
    return {saw == 1 && word == 0, std::string("the word in the child's copy of memory is ") +
                                       (saw == 1   ? "its own tid"
                                        : saw == 0 ? "0"
                                                   : "something else") +
                                       "; in the parent's " + std::to_string(word)};
}

observation child_cleartid(bool on) {
    static std::uint32_t word;
    word = 1;
    clone_stack stack;
    auto nap = [] {
        const timespec time{0, 50'000'000};
        ::nanosleep(&time, nullptr);
    };
    clone_builder how;
    how.child_clear_tid(&word).with(f::vm).stack(stack.span());
    if (!on) {
        how.without(f::child_cleartid);
    }
    auto child = start_or_say(how, nap);
    const timespec limit{on ? 10 : 0, 300'000'000};
    // Not FUTEX_PRIVATE: the kernel's wake is not private either.
    const long answer = raw_futex(&word, FUTEX_WAIT, 1, &limit);
    const bool woken = answer == 0 || errno == EAGAIN;
    child.wait();
    return {woken && word == 0, std::string("a futex waiter on the word was ") + (woken ? "woken" : "not woken") +
                                    "; after the child's end the word is " + std::to_string(word)};
}

observation pidfd(bool on) {
    auto stop = [] { return 3; };
    auto child = start_or_say(clone_builder{}.flags(half({}, f::pidfd, on)), stop);
    if (child.pidfd() == -1) {
        child.wait();
        return {false, "no descriptor"};
    }
    pollfd p{child.pidfd(), POLLIN, 0};
    const bool readable = ::poll(&p, 1, 10'000) == 1;
    child.wait();
    return {readable,
            std::string("a descriptor that ") + (readable ? "became readable when the child ended" : "never became readable")};
}

constexpr experiment table[] = {
    {f::settls, "the child's thread pointer (fs base, tpidr_el0)", "what is the child's thread pointer?", settls},
    {f::parent_settid, "the child's tid into the parent's memory, before the call returns", "what is in the parent's word?",
     parent_settid},
    {f::child_settid, "the child's tid into the child's memory, before it runs", "what is in the child's word?", child_settid},
    {f::child_cleartid, "a word set to 0 and its futex woken when the child leaves its memory: how threads are joined",
     "is a waiter woken?", child_cleartid},
    {f::pidfd, "a descriptor for the child", "is there a descriptor, and does it tell of the end?", pidfd},
};

} // namespace

std::span<const experiment> word_experiments() {
    return table;
}

} // namespace weft::gallery
