// SPDX-License-Identifier: MIT
// The verbs of the `weft` program. Each is a function in a file of its own that takes what follows the verb
// and returns the exit status: 0 done, 1 could not be done, 2 not understood.
#pragma once
#include <span>
#include <string_view>

namespace weft::tools {

int lab(std::span<char* const> arguments);
int bench(std::span<char* const> arguments);
int flags(std::span<char* const> arguments);
int doctor(std::span<char* const> arguments);
int help(std::span<char* const> arguments);
int version(std::span<char* const> arguments);

extern const char* const lab_usage;
extern const char* const bench_usage;
extern const char* const flags_usage;

struct verb {
    std::string_view name;
    std::string_view line; // what `weft help` says
    const char* usage;     // what `weft help VERB` says
    int (*run)(std::span<char* const> arguments);
};

/// The dispatch table, in the order in which help lists it.
std::span<const verb> verbs() noexcept;

/// The verb of that name, null when there is none.
const verb* find_verb(std::string_view name) noexcept;

/// Says on stderr what was not understood and where to look; returns 2.
int not_understood(std::string_view sentence, std::string_view see = "weft help");

/// Verbs that take no argument: says so when there is one. True when there was none.
bool takes_nothing(std::string_view verb, std::span<char* const> arguments);

} // namespace weft::tools
