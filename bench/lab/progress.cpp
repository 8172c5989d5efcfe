// SPDX-License-Identifier: MIT
#include "lab/progress.hpp"
#include "kernel/clock.hpp"
#include <algorithm>
#include <unistd.h>

namespace weft::lab {

namespace {

constexpr std::uint64_t between_frames = 200'000'000;  // ns, on a terminal
constexpr std::uint64_t between_lines = 2'000'000'000; // ns, elsewhere

} // namespace

progress::progress(std::FILE* out) noexcept : out_(out), terminal_(out && isatty(fileno(out)) == 1) {}

void progress::begin(const std::string& what, std::size_t rounds, std::uint64_t budget_ns) {
    what_ = what;
    rounds_ = rounds;
    budget_ns_ = budget_ns;
    began_ = kernel::monotonic_ns();
    said_ = began_;
    if (out_ && terminal_) {
        say(0, began_);
    } else if (out_) {
        std::fprintf(out_, "%s: %zu rounds\n", what_.c_str(), rounds_);
    }
}

void progress::at(std::size_t round) {
    if (!out_) {
        return;
    }
    const std::uint64_t now = kernel::monotonic_ns();
    if (now - said_ >= (terminal_ ? between_frames : between_lines)) {
        said_ = now;
        say(round, now);
    }
}

void progress::say(std::size_t round, std::uint64_t now) {
    const double part = rounds_ ? static_cast<double>(round) / static_cast<double>(rounds_) : 1;
    const double spent = static_cast<double>(now - began_) / 1e9;
    std::fprintf(out_, "%s%s: round %zu of %zu, %.0f %%", terminal_ ? "\r" : "", what_.c_str(), round,
                 rounds_, 100 * part);
    if (part > 0.02 && part < 1) {
        const double budget = std::max(static_cast<double>(budget_ns_) / 1e9 - spent, 0.0);
        std::fprintf(out_, ", about %.0f s to go", std::min(spent / part - spent, budget));
    }
    std::fputs(terminal_ ? "\033[K" : "\n", out_);
    std::fflush(out_);
}

void progress::end() {
    if (out_ && terminal_) {
        std::fputs("\r\033[K", out_);
        std::fflush(out_);
    }
}

} // namespace weft::lab
