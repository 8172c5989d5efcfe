// SPDX-License-Identifier: MIT
// The gallery of clone's flags: for each a small experiment that is run with the flag off and on, and what was seen.
//
// Each half of an experiment runs in a forked sandbox, so that nothing of it stays. `effect` says whether the flag's effect was
// seen: an experiment holds when it was not with the flag off and was with it on. One that lacks a privilege or a part of the
// kernel throws `unavailable` with the reason. `weft flags` and tests/clone/gallery_test.cpp are thin over this.
#pragma once
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <weft/clone.hpp>

namespace weft::gallery {

struct observation {
    bool effect = false;
    std::string saw;
};

class unavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct experiment {
    clone_flag flag;
    std::string_view line;     // what the flag does
    std::string_view question; // what is looked at
    observation (*look)(bool on);
};

struct finding {
    observation off;
    observation on;
    std::string why_not = {}; // not empty: it could not be run here
    std::string broken = {};  // not empty: it failed on its way
    [[nodiscard]] bool held() const { return why_not.empty() && broken.empty() && !off.effect && on.effect; }
};

// One group a file.
std::span<const experiment> sharing_experiments();
std::span<const experiment> kinship_experiments();
std::span<const experiment> word_experiments();
std::span<const experiment> namespace_experiments();

/// Null when there is none.
const experiment* experiment_for(clone_flag flag);
finding run(const experiment& e);

// ---- for the experiments ------------------------------------------------------------------------------------------------

/// The flags of one half.
inline clone_flags half(clone_flags base, clone_flag flag, bool on) {
    return on ? base | flag : base;
}

/// The child, or `unavailable` when the reason lies in this machine, or clone_error.
clone_child start_or_say(const clone_builder& how, int (*fn)(void*), void* arg);
template <class F>
clone_child start_or_say(const clone_builder& how, F& f) {
    return start_or_say(how, &abi::call_in_child<F>, &f);
}

/// Leaves the namespaces of the rest of the machine, so that a half with the flag off does no harm there; without privileges
/// through a user namespace. Throws `unavailable`.
void leave_world(clone_flags namespaces);

/// A T that copied children share too.
template <class T>
T& shared() {
    void* page = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        throw std::runtime_error("mmap of a shared page");
    }
    return *::new (page) T{};
}

[[nodiscard]] std::string read_text(const char* path); // empty when it cannot be read
/// The number in "key:  number" of /proc/PID/status; -1: none.
[[nodiscard]] long status_number(const char* key);
/// Where /proc/self/ns/KIND points.
[[nodiscard]] std::string namespace_name(const char* kind);
/// The path of this process in cgroup v2 as the kernel tells it, and the directory that shows it; empty: none mounted.
[[nodiscard]] std::string own_cgroup();
[[nodiscard]] std::string own_cgroup_directory();

} // namespace weft::gallery
