// SPDX-License-Identifier: MIT
#include "lab/fingerprint.hpp"
#include "kernel/clock.hpp"
#include "lab/cpus.hpp"
#include "lab/statistics.hpp"
#include "lab/system_files.hpp"
#include "lab/yardsticks.hpp"
#include <cstdio>
#include <cstdlib>
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <weft/runtime.hpp>

namespace weft::lab {

namespace {

const std::string unknown = "unknown";

std::string or_unknown(std::string value) {
    return value.empty() ? unknown : std::move(value);
}

std::string cpu_model() {
    const std::string cpuinfo = "/proc/cpuinfo";
    for (const char* key : {"model name", "Hardware", "CPU part"}) {
        if (std::string value = value_in(cpuinfo, key); !value.empty()) {
            return value;
        }
    }
    return unknown;
}

std::string cores() {
    const std::string siblings = first_line("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list");
    std::string text = std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " CPUs online";
    if (!siblings.empty()) {
        const bool shared = siblings.find_first_of(",-") != std::string::npos;
        text += shared ? ", several to a core" : ", one to a core";
    }
    return text;
}

std::string governor() {
    return or_unknown(first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
}

std::string virtualisation() {
    const bool guest =
        (" " + value_in("/proc/cpuinfo", "flags") + " ").find(" hypervisor ") != std::string::npos;
    std::string by;
    const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
    const std::string product = first_line("/sys/class/dmi/id/product_name");
    const std::string hypervisor = first_line("/sys/hypervisor/type");
    if (!hypervisor.empty()) {
        by = hypervisor;
    } else if (guest && !vendor.empty()) {
        by = vendor + (product.empty() ? "" : " " + product);
    } else if (first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource") ==
               "kvm-clock") {
        by = "KVM";
    }
    std::string text = guest || !hypervisor.empty() ? "virtual machine" + (by.empty() ? "" : " (" + by + ")")
                                                    : std::string("none seen");
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0) {
        text += ", in a container";
    }
    return text;
}

std::string mitigations() {
    const std::string folder = "/sys/devices/system/cpu/vulnerabilities";
    std::string mitigated;
    std::string vulnerable;
    for (const std::string& name : names_in(folder)) {
        const std::string line = first_line(folder + "/" + name);
        std::string* list = line.starts_with("Mitigation") ? &mitigated : nullptr;
        if (line.starts_with("Vulnerable")) {
            list = &vulnerable;
        }
        if (list) {
            *list += (list->empty() ? "" : ", ") + name;
        }
    }
    if (mitigated.empty() && vulnerable.empty()) {
        return names_in(folder).empty() ? unknown : "none needed";
    }
    return "on: " + (mitigated.empty() ? "none" : mitigated) +
           (vulnerable.empty() ? "" : "; left vulnerable: " + vulnerable);
}

std::string load_average(double (&load)[3]) {
    if (getloadavg(load, 3) != 3) {
        load[0] = load[1] = load[2] = 0;
        return unknown;
    }
    char text[64];
    std::snprintf(text, sizeof text, "%.2f %.2f %.2f", load[0], load[1], load[2]);
    return text;
}

std::string memory() {
    return or_unknown(value_in("/proc/meminfo", "MemTotal"));
}

} // namespace

const std::string& fingerprint::value_of(const std::string& key) const noexcept {
    for (const fact& f : facts) {
        if (f.key == key) {
            return f.value;
        }
    }
    return unknown;
}

bool environment_fact(const fact& f) noexcept {
    for (const char* key :
         {"governor", "virtualisation", "transparent_huge_pages", "mitigations", "load_average"}) {
        if (f.key == key) {
            return true;
        }
    }
    return false;
}

double clock_cost() {
    std::vector<double> costs(2001);
    for (double& cost : costs) {
        const std::uint64_t begin = kernel::monotonic_ns();
        const std::uint64_t end = kernel::monotonic_ns();
        cost = static_cast<double>(end - begin);
    }
    return median_in_place(costs);
}

fingerprint examine(unsigned workers, double clock_cost_ns) {
    fingerprint print;
    const build_facts built = how_built();
    utsname kernel_name{};
    uname(&kernel_name);
    double load[3];
    const std::string load_text = load_average(load);
    const std::string clock_source =
        or_unknown(first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    char clock_text[64];
    std::snprintf(clock_text, sizeof clock_text, "%.0f ns a pair of readings", clock_cost_ns);

    print.facts = {
        {"cpu_model", "CPU", cpu_model()},
        {"cpus", "CPUs", cores()},
        {"affinity", "CPUs allowed", as_ranges(allowed_cpus())},
        {"usable_cpus", "CPUs usable (with quota)", std::to_string(usable_cpus())},
        {"governor", "Frequency governor", governor()},
        {"virtualisation", "Virtualisation", virtualisation()},
        {"memory", "Memory", memory()},
        {"transparent_huge_pages", "Transparent huge pages",
         or_unknown(chosen_of(first_line("/sys/kernel/mm/transparent_hugepage/enabled")))},
        {"mitigations", "CPU mitigations", mitigations()},
        {"machine", "Architecture", or_unknown(kernel_name.machine)},
        {"kernel", "Kernel", std::string(kernel_name.sysname) + " " + kernel_name.release},
        {"glibc", "glibc", gnu_get_libc_version()},
        {"clock", "Clock", clock_source + ", " + clock_text},
        {"yardsticks", "Steps", as_text(measure_yardsticks())},
        {"load_average", "Load average before", load_text},
        {"compiler", "Compiler", built.compiler},
        {"build_type", "Build type", built.type},
        {"flags", "Flags", or_unknown(built.flags)},
        {"sanitizers", "Sanitizers", built.sanitizers.empty() ? "none" : built.sanitizers},
        {"weft_version", "weft", built.version},
        {"context_backend", "weft's stack switch", built.context},
        {"kernel_threads", "weft's kernel threads", built.kernel_threads},
        {"workers", "weft's workers", std::to_string(workers)},
    };

    if (built.type != "Release" && built.type != "RelWithDebInfo" && built.type != "MinSizeRel") {
        print.cautions.push_back("This is a " + built.type +
                                 " build: weft's figures say little about a Release build.");
    }
    if (!built.sanitizers.empty()) {
        print.cautions.push_back("This build carries sanitizers (" + built.sanitizers +
                                 "): its figures are not weft's.");
    }
    if (governor() != unknown && governor() != "performance") {
        print.cautions.push_back("The frequency governor is " + governor() +
                                 ": the clock rate follows the load, and with it every figure.");
    }
    if (load[0] > 0.5 * usable_cpus()) {
        print.cautions.push_back("The load average before the run was " +
                                 load_text.substr(0, load_text.find(' ')) + " on " +
                                 std::to_string(usable_cpus()) + " usable CPUs: something else was running.");
    }
    if (allowed_cpus().size() < 2) {
        print.cautions.emplace_back(
            "Only one CPU may be used: creator and child never run at the same time.");
    }
    if (clock_cost_ns > 100) {
        print.cautions.emplace_back("Reading the clock is slow here (" + std::string(clock_text) +
                                    "): latencies below a microsecond are coarse.");
    }
    return print;
}

} // namespace weft::lab
