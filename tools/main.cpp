// SPDX-License-Identifier: MIT
// `weft VERB [arguments]`: finds the verb in the table and runs it.
#include "verbs.hpp"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

namespace weft::tools {

std::span<const verb> verbs() noexcept {
    static const verb table[] = {
        {"lab", "measure what it costs to create, run, join and switch: std::thread, pthreads, weft",
         lab_usage, &lab},
        {"bench", "run whole workloads beside std::thread, Boost.Fiber, oneTBB, Go, Tokio and Rayon", bench_usage,
         &bench},
        {"flags", "show what each flag of clone(2) does, off and on: weft flags CLONE_VM",
         flags_usage, &flags},
        {"doctor", "show what weft found out about this machine, its kernel and its glibc",
         "usage: weft doctor\n", &doctor},
        {"version", "print the version and how this program was built", "usage: weft version\n", &version},
        {"help", "list the verbs, or explain one: weft help lab", "usage: weft help [VERB]\n", &help},
    };
    return table;
}

const verb* find_verb(std::string_view name) noexcept {
    for (const verb& v : verbs()) {
        if (v.name == name) {
            return &v;
        }
    }
    return nullptr;
}

int not_understood(std::string_view sentence, std::string_view see) {
    std::fprintf(stderr, "weft: %.*s; see `%.*s`\n", static_cast<int>(sentence.size()), sentence.data(),
                 static_cast<int>(see.size()), see.data());
    return 2;
}

bool takes_nothing(std::string_view verb, std::span<char* const> arguments) {
    if (arguments.empty()) {
        return true;
    }
    not_understood(std::string(verb) + " takes no argument, but was given '" + arguments.front() + "'");
    return false;
}

namespace {

int dispatch(std::span<char* const> arguments) {
    if (arguments.empty()) {
        return not_understood("nothing to do was named");
    }
    const std::string_view word = arguments.front();
    const auto rest = arguments.subspan(1);
    if (word == "--help" || word == "-h") {
        return help(rest);
    }
    if (word == "--version") {
        return version(rest);
    }
    const verb* v = find_verb(word);
    if (!v) {
        return not_understood("there is no verb '" + std::string(word) + "'");
    }
    for (const char* argument : rest) {
        if (std::strcmp(argument, "--help") == 0 || std::strcmp(argument, "-h") == 0) {
            std::fputs(v->usage, stdout);
            return 0;
        }
    }
    return v->run(rest);
}

} // namespace
} // namespace weft::tools

int main(int argc, char** argv) {
    int status = 1;
    try {
        status = weft::tools::dispatch({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "weft: %s\n", error.what());
    }
    // A full disk or a closed pipe must not look like success.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        std::fprintf(stderr, "weft: the output could not be written: %s\n", std::strerror(errno));
        return status == 0 ? 1 : status;
    }
    return status;
}
