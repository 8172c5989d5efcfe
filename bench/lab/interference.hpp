// SPDX-License-Identifier: MIT
// What else happened on the machine while we measured: time that the hypervisor took, time that other
// processes took, and how often we were put off a CPU against our will.
#pragma once
#include <cstdint>
#include <optional>

namespace weft::lab {

struct interference {
    std::optional<double> stolen; // part of all CPU time, 0 to 1; empty: the kernel does not say
    std::optional<double> others; // the same, used by other processes
    std::uint64_t involuntary_switches = 0;
    double load_after = 0; // the one-minute load average
};

class interference_watch {
  public:
    interference_watch(); // begins
    [[nodiscard]] interference so_far() const;

  private:
    struct reading {
        bool known = false;
        double total = 0, busy = 0, stolen = 0; // seconds of all CPUs
        double ours = 0;
        std::uint64_t involuntary = 0;
    };
    static reading now();
    const reading began_;
};

} // namespace weft::lab
