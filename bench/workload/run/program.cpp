// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weft::workload {

namespace {

std::map<std::string, contender::body>& bodies() {
    static std::map<std::string, contender::body> all;
    return all;
}

std::uint64_t number_in(const char* flag, const char* text) {
    std::uint64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, number);
    if (error != std::errc() || at != end) {
        throw std::invalid_argument(std::string(flag) + " wants a number, not '" + text + "'");
    }
    return number;
}

program from_arguments(int argc, char** argv) {
    std::uint64_t workers = 1;
    std::map<std::string, std::uint64_t> sizes;
    for (int i = 2; i < argc; i += 2) {
        if (std::strncmp(argv[i], "--", 2) != 0 || i + 1 == argc) {
            throw std::invalid_argument(std::string("'") + argv[i] + "' is not --NAME NUMBER");
        }
        const std::uint64_t number = number_in(argv[i], argv[i + 1]);
        if (std::strcmp(argv[i], "--workers") == 0) {
            workers = number;
        } else {
            sizes[argv[i] + 2] = number;
        }
    }
    if (workers < 1 || workers > 1024) {
        throw std::invalid_argument("--workers goes from 1 to 1024");
    }
    return {static_cast<unsigned>(workers), std::move(sizes)};
}

} // namespace

contender::contender(const char* workload, body run) {
    bodies().emplace(workload, run);
}

std::uint64_t program::size(const std::string& name) const {
    const auto at = sizes_.find(name);
    if (at == sizes_.end()) {
        throw std::invalid_argument("--" + name + " is missing");
    }
    return at->second;
}

std::uint64_t program::size_at_most(const std::string& name, std::uint64_t most, const char* why) const {
    const std::uint64_t asked = size(name);
    if (asked <= most) {
        return asked;
    }
    note(name + " " + std::to_string(most) + " instead of " + std::to_string(asked) + ": " + why);
    return most;
}

void program::figure(const std::string& name, const char* unit, double value) const {
    std::printf("{\"figure\":\"%s\",\"unit\":\"%s\",\"value\":%.17g}\n", name.c_str(), unit, value);
}

void program::note(const std::string& sentence) const {
    std::printf("{\"note\":\"%s\"}\n", sentence.c_str());
}

void program::require(bool held, const std::string& what) const {
    if (!held) {
        throw wrong_answer(what);
    }
}

double cpu_ns() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3; };
    return of(used.ru_utime) + of(used.ru_stime);
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double all = 0;
    double resident = 0;
    statm >> all >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void keep_to_cpus(unsigned how_many) {
    cpu_set_t may;
    CPU_ZERO(&may);
    if (sched_getaffinity(0, sizeof may, &may) != 0) {
        return;
    }
    cpu_set_t some;
    CPU_ZERO(&some);
    unsigned taken = 0;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && taken < how_many; --cpu) {
        if (CPU_ISSET(cpu, &may)) {
            CPU_SET(cpu, &some);
            ++taken;
        }
    }
    (void)sched_setaffinity(0, sizeof some, &some);
}

} // namespace weft::workload

int main(int argc, char** argv) {
    using namespace weft::workload;
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const auto& [name, body] : bodies()) {
            std::puts(name.c_str());
        }
        return 0;
    }
    const auto at = argc > 1 ? bodies().find(argv[1]) : bodies().end();
    if (argc > 1 && argv[1][0] != '-' && at == bodies().end()) {
        std::fprintf(stderr, "this contender does not do %s\n", argv[1]);
        return 77;
    }
    if (at == bodies().end()) {
        std::fprintf(stderr, "usage: %s WORKLOAD --workers N --NAME NUMBER ...; --list names the workloads\n", argv[0]);
        return 2;
    }
    try {
        program p = from_arguments(argc, argv);
        at->second(p);
    } catch (const wrong_answer& wrong) {
        std::fprintf(stderr, "%s\n", wrong.what());
        return 3;
    } catch (const declined& why) {
        std::fprintf(stderr, "%s\n", why.what());
        return 77;
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "%s\n", failed.what());
        return 1;
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}
