// SPDX-License-Identifier: MIT
#include "lab/interference.hpp"
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace weft::lab {

namespace {

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

} // namespace

interference_watch::interference_watch() : began_(now()) {}

interference_watch::reading interference_watch::now() {
    reading r;
    rusage mine{};
    getrusage(RUSAGE_SELF, &mine);
    r.ours = seconds(mine.ru_utime) + seconds(mine.ru_stime);
    r.involuntary = static_cast<std::uint64_t>(mine.ru_nivcsw);

    // cpu  user nice system idle iowait irq softirq steal ...: proc(5), in clock ticks.
    std::ifstream stat("/proc/stat");
    std::string word;
    double ticks[8] = {};
    if (stat >> word && word == "cpu") {
        for (double& t : ticks) {
            stat >> t;
        }
        const double rate = static_cast<double>(sysconf(_SC_CLK_TCK));
        if (stat && rate > 0) {
            r.known = true;
            for (const double t : ticks) {
                r.total += t / rate;
            }
            r.busy = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / rate;
            r.stolen = ticks[7] / rate;
        }
    }
    return r;
}

interference interference_watch::so_far() const {
    const reading r = now();
    interference seen;
    const double total = r.total - began_.total;
    if (r.known && began_.known && total > 0) {
        seen.stolen = std::clamp((r.stolen - began_.stolen) / total, 0.0, 1.0);
        seen.others = std::clamp((r.busy - began_.busy - (r.ours - began_.ours)) / total, 0.0, 1.0);
    }
    seen.involuntary_switches = r.involuntary - began_.involuntary;
    double load[1];
    seen.load_after = getloadavg(load, 1) == 1 ? load[0] : 0;
    return seen;
}

} // namespace weft::lab
