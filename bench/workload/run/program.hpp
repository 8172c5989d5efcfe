// SPDX-License-Identifier: MIT
// What the contenders in C++ share: the command line, the clock, the lines that they print, and the check.
//
// A contender is one program for one runtime, called `PROGRAM WORKLOAD --workers N --NAME NUMBER ...`. It prints a line of JSON for each
// figure, {"figure":"switch","unit":"ns","value":8.1}, perhaps {"note":"..."}, and exits 0. An answer that is wrong is a sentence on
// standard error and exit status 3; the driver names the contender and leaves it out.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

namespace weft::workload {

/// The work was not done, or not rightly.
struct wrong_answer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// This contender does not do this workload at this size, and says why: exit status 77, no fault.
struct declined : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class program {
  public:
    program(unsigned workers, std::map<std::string, std::uint64_t> sizes) : workers_(workers), sizes_(std::move(sizes)) {}

    [[nodiscard]] unsigned workers() const noexcept { return workers_; }
    /// Throws std::invalid_argument when the command line did not say.
    [[nodiscard]] std::uint64_t size(const std::string& name) const;
    /// The same, but not above what this contender can bear; then a note says so.
    [[nodiscard]] std::uint64_t size_at_most(const std::string& name, std::uint64_t most, const char* why) const;

    void figure(const std::string& name, const char* unit, double value) const;
    void note(const std::string& sentence) const;
    /// Throws wrong_answer.
    void require(bool held, const std::string& what) const;

  private:
    unsigned workers_;
    std::map<std::string, std::uint64_t> sizes_;
};

/// Each contender's file has one of these at namespace scope: the program finds its workloads by them.
struct contender {
    using body = void (*)(program&);
    contender(const char* workload, body run);
};

[[nodiscard]] inline std::uint64_t now_ns() noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// Nanoseconds that f() takes.
template <class F>
double timed(F&& f) {
    const std::uint64_t begin = now_ns();
    f();
    return static_cast<double>(now_ns() - begin);
}

/// User and system time of this process so far.
[[nodiscard]] double cpu_ns();

/// Bytes of this process in memory now.
[[nodiscard]] double resident_bytes();

/// Ties the calling kernel thread, and those that it makes from now on, to as many CPUs as there are workers: for contenders that have no
/// number of workers of their own.
void keep_to_cpus(unsigned how_many);

} // namespace weft::workload
