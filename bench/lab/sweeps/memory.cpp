// SPDX-License-Identifier: MIT
// Question: what does a child cost when its parent has much memory resident? fork copies the page tables, the
// others do not. The memory is private, written once, in small pages.
#include "lab/roster.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/room.hpp"
#include "lab/sweeps/sweep.hpp"
#include "lab/system_files.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <weft/runtime.hpp>

namespace weft::lab {

namespace {

/// Memory of ours that is there, page by page.
class ballast {
  public:
    explicit ballast(std::size_t most) : size_(most) {
        if (size_ == 0) {
            return;
        }
        void* memory =
            mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(),
                                    "mmap of " + as_bytes(static_cast<double>(most)));
        }
        memory_ = static_cast<char*>(memory);
        (void)madvise(memory_, size_, MADV_NOHUGEPAGE);
    }
    ~ballast() {
        if (memory_) {
            munmap(memory_, size_);
        }
    }
    ballast(const ballast&) = delete;
    ballast& operator=(const ballast&) = delete;

    void grow_to(std::size_t bytes) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        for (; resident_ < bytes; resident_ += page) {
            *const_cast<volatile char*>(memory_ + resident_) = 1;
        }
    }

  private:
    const std::size_t size_;
    std::size_t resident_ = 0;
    char* memory_ = nullptr;
};

/// As the kernel counts it: the second figure of /proc/self/statm, in pages.
double resident_now() {
    const std::string line = first_line("/proc/self/statm");
    const std::size_t blank = line.find(' ');
    const double pages = blank == std::string::npos ? 0 : std::strtod(line.c_str() + blank, nullptr);
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

} // namespace

sweep_result sweep_memory(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_memory";
    result.title = "A child by the memory that its parent has resident";
    result.question = "What does a child cost when its parent has much memory resident?";
    result.held_fixed = "the work; private memory in small pages, each written once; the points come one "
                        "after the other, the series "
                        "interleaved";
    result.unit = "ns per operation";
    result.axis = "resident memory of the parent";
    result.numeric = true;
    runtime unused({.workers = 1, .name = "lab"}); // the entries want one; these contenders do not
    std::vector<std::unique_ptr<contender>> children;
    for (const creation_entry& e :
         {fork_entry(), vfork_entry(), posix_spawn_entry(), clone_vm_entry(), pthread_create_entry()}) {
        auto child = e.make(e.card, unused);
        if (const std::string why = child->missing(); !why.empty()) {
            result.skips.push_back({e.card, why});
            continue;
        }
        result.series.push_back(e.card);
        result.series.back().place = static_cast<unsigned>(children.size());
        children.push_back(std::move(child));
    }
    constexpr std::size_t mib = 1 << 20;
    std::vector<std::size_t> sizes = {0, 64 * mib};
    if (!asked.quick) {
        sizes = {0, 64 * mib, 256 * mib, 1024 * mib};
    }
    const room bound = room_for_memory(sizes.back());
    std::erase_if(sizes, [&](std::size_t bytes) { return bytes > bound.most; });
    if (!bound.why.empty()) {
        result.stopped =
            "It went to " + as_bytes(static_cast<double>(sizes.back())) + " more: " + bound.why + ".";
    }
    ballast more(sizes.back());
    extent how_much = sweep_extent(asked);
    how_much.budget_ns = std::min<std::uint64_t>(how_much.budget_ns, 8'000'000'000);
    for (const std::size_t bytes : sizes) {
        more.grow_to(bytes);
        const std::size_t p = result.points.size();
        const double resident = resident_now();
        result.points.push_back(
            {as_bytes(static_cast<double>(static_cast<std::size_t>(resident) / mib * mib)), resident});
        std::vector<sweep_lane> lanes;
        for (std::size_t s = 0; s < children.size(); ++s) {
            lanes.push_back({s, p, [&child = *children[s], clock_cost_ns] {
                                 return timed_operation(
                                     child.about().title, clock_cost_ns, [] {},
                                     [&](cell& c) { child.create_and_join(c); });
                             },
                             children[s]->echo_ns()});
        }
        extent here = how_much; // a fork of much memory takes long
        here.rounds = std::clamp<std::size_t>(how_much.rounds / (1 + bytes / (64 * mib)),
                                              std::min<std::size_t>(how_much.rounds, 20), how_much.rounds);
        measure_points(result, lanes, here, asked.seed + p, shown);
    }
    return result;
}

} // namespace weft::lab
