// SPDX-License-Identifier: MIT
// The machine and the build that the figures come from: without them no figure means anything.
#pragma once
#include <string>
#include <vector>

namespace weft::lab {

struct build_facts {
    std::string version;
    std::string compiler;
    std::string type; // Release, Debug ...
    std::string flags;
    std::string sanitizers;     // empty: none
    std::string context;        // which switch: native or boost
    std::string kernel_threads; // raw clone or pthread
    bool assertions = false;    // NDEBUG is not set
};

build_facts how_built();

struct fact {
    std::string key;   // for the JSON: "cpu_model"
    std::string title; // for people: "CPU"
    std::string value; // "unknown" when the machine does not say
};

/// What casts doubt on a run before it begins; reports tell it first.
[[nodiscard]] bool environment_fact(const fact& f) noexcept;

struct fingerprint {
    std::vector<fact> facts;
    std::vector<std::string> cautions; // sentences: what makes these figures less sure

    [[nodiscard]] const std::string& value_of(const std::string& key) const noexcept;
};

/// Asks the kernel, /proc and /sys. What cannot be read is "unknown"; never fails for that.
fingerprint examine(unsigned workers, double clock_cost_ns);

/// The price of one pair of clock readings, in nanoseconds: the median of many.
double clock_cost();

} // namespace weft::lab
