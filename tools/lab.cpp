// SPDX-License-Identifier: MIT
// `weft lab`: reads the flags, makes sure that the reports can be written, measures, and reports.
#include "lab/cell.hpp"
#include "lab/compare.hpp"
#include "lab/laboratory.hpp"
#include "lab/output_file.hpp"
#include "lab/report/html.hpp"
#include "lab/report/json.hpp"
#include "lab/report/table.hpp"
#include "verbs.hpp"
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

namespace weft::tools {

const char* const lab_usage =
    "usage: weft lab [flags]\n"
    "       weft lab --compare A.json B.json\n"
    "\n"
    "Measures what it costs to have work done by a new thread or task (create, run, join), one at a time and "
    "many at\n"
    "once, and what a switch costs; climbs the ladder from fork down to a task; splits one creation into its "
    "parts; and\n"
    "sweeps over stack sizes, guards, live threads, resident memory, namespaces, CPUs and ways to wait. "
    "Contenders take\n"
    "turns; every answer is checked; a table is printed at the end.\n"
    "\n"
    "  --quick         fewer rounds and no sweeps: about 20 seconds instead of some minutes\n"
    "  --sweeps        with --quick: the sweeps too, in their short form (some 10 seconds more)\n"
    "  --compare A B   measure nothing: the ratios of two reports that --json wrote, and which differences "
    "exceed the noise\n"
    "  --rounds N      rounds of the latency experiment; the others take a part of it (1 to 1000000)\n"
    "  --only NAME     only this experiment or contender; may be given more than once (see --list); 'sweeps' "
    "names all "
    "of them\n"
    "  --list          list the experiments and the contenders, measure nothing\n"
    "  --json FILE     write the figures and all samples as JSON\n"
    "  --html FILE     write a report with plots: one file, to be opened in a browser\n"
    "  --batch N       how many are created before the first is joined (1 to 10000; default 256, quick 64)\n"
    "  --workers N     workers of the task runtime (1 to 1024; default: the CPUs that may be used)\n"
    "  --seed N        seed of the order of turns (default 1)\n"
    "\n"
    "Exit status: 0 measured, also when the run was noisy (it says so); 1 a contender failed or a file could "
    "not be\n"
    "written, or read for --compare; 2 the command line was not understood.\n";

namespace {

struct request {
    lab::settings asked;
    std::string json;
    std::string html;
    std::string first, second; // to be compared
    bool list = false;
    bool measures = false; // a flag was given that only makes sense when something is measured
};

/// Walks over `--flag value`, `--flag=value` and `--flag`.
class flag_reader {
  public:
    explicit flag_reader(std::span<char* const> words) : words_(words) {}

    bool next() {
        if (at_ == words_.size()) {
            return false;
        }
        word_ = words_[at_++];
        const std::size_t equals = word_.find('=');
        attached_ = word_.starts_with("--") && equals != std::string::npos;
        flag_ = word_.substr(0, attached_ ? equals : std::string::npos);
        attached_value_ = attached_ ? word_.substr(equals + 1) : std::string();
        return true;
    }
    [[nodiscard]] const std::string& flag() const noexcept { return flag_; }
    [[nodiscard]] bool attached() const noexcept { return attached_; }

    std::optional<std::string> value() {
        if (attached_) {
            return attached_value_;
        }
        if (at_ == words_.size() || std::string_view(words_[at_]).starts_with("--")) {
            return std::nullopt;
        }
        return words_[at_++];
    }

    /// The word after value()'s, for a flag that takes two.
    std::optional<std::string> second_value() {
        attached_ = false;
        return value();
    }

  private:
    std::span<char* const> words_;
    std::size_t at_ = 0;
    std::string word_, flag_, attached_value_;
    bool attached_ = false;
};

std::optional<std::uint64_t> number_in(const std::string& text, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < least ||
        number > most) {
        return std::nullopt;
    }
    return number;
}

/// Fills the request; returns what was not understood, empty when all was.
std::string read_flags(std::span<char* const> arguments, request& into) {
    struct numeric {
        const char* flag;
        std::uint64_t least, most;
        void (*set)(lab::settings&, std::uint64_t);
    };
    static constexpr numeric numbers[] = {
        {"--rounds", 1, 1'000'000, [](lab::settings& s, std::uint64_t n) { s.rounds = n; }},
        {"--batch", 1, 10'000, [](lab::settings& s, std::uint64_t n) { s.batch = n; }},
        {"--workers", 1, 1024,
         [](lab::settings& s, std::uint64_t n) { s.workers = static_cast<unsigned>(n); }},
        {"--seed", 0, ~std::uint64_t{0}, [](lab::settings& s, std::uint64_t n) { s.seed = n; }},
    };
    flag_reader reader(arguments);
    while (reader.next()) {
        const std::string flag = reader.flag();
        if (flag == "--quick" || flag == "--list" || flag == "--sweeps") {
            if (reader.attached()) {
                return flag + " takes no value";
            }
            into.measures = true;
            (flag == "--quick" ? into.asked.quick : flag == "--list" ? into.list : into.asked.sweeps) = true;
            continue;
        }
        if (flag == "--compare") {
            const std::optional<std::string> first = reader.value();
            const std::optional<std::string> second = first ? reader.second_value() : std::nullopt;
            if (!first || !second || first->empty() || second->empty()) {
                return "--compare wants the names of two reports";
            }
            if (!into.first.empty()) {
                return "--compare may be given once";
            }
            into.first = *first;
            into.second = *second;
            continue;
        }
        into.measures = true;
        const numeric* wanted = nullptr;
        for (const numeric& n : numbers) {
            if (flag == n.flag) {
                wanted = &n;
            }
        }
        std::string* const file = flag == "--json" ? &into.json : flag == "--html" ? &into.html : nullptr;
        if (!wanted && !file && flag != "--only") {
            return flag.starts_with("-") ? "lab knows no flag '" + flag + "'"
                                         : "lab takes flags only, not '" + flag +
                                               "' (one part by its name: --only " + flag + ")";
        }
        const std::optional<std::string> value = reader.value();
        if (!value || value->empty()) {
            return flag + (file ? " wants a file name" : wanted ? " wants a number" : " wants a name");
        }
        if (wanted) {
            const std::optional<std::uint64_t> number = number_in(*value, wanted->least, wanted->most);
            if (!number) {
                return flag + " wants a whole number from " + std::to_string(wanted->least) + " to " +
                       std::to_string(wanted->most) + ", not '" + *value + "'";
            }
            wanted->set(into.asked, *number);
        } else if (file) {
            *file = *value;
        } else {
            into.asked.only.push_back(*value);
        }
    }
    if (!into.first.empty() && into.measures) {
        return "--compare reads two reports and measures nothing, so no other flag goes with it";
    }
    if (into.asked.sweeps && !into.asked.quick) {
        return "--sweeps goes with --quick; without that the sweeps always run";
    }
    if (!into.json.empty() && into.json == into.html) {
        return "--json and --html want two different files";
    }
    return {};
}

void print_list() {
    for (const lab::listed_experiment& e : lab::everything()) {
        std::printf("%s: %s\n", e.name.c_str(), e.title.c_str());
        for (const lab::contender_card& card : e.contenders) {
            std::printf("  %-26s %s\n", card.name.c_str(), card.what.c_str());
        }
    }
}

int refuse(const std::string& sentence) {
    std::fprintf(stderr, "weft lab: %s\n", sentence.c_str());
    return 1;
}

int print_comparison(const request& wanted) {
    try {
        const lab::read_report first = lab::read_lab_file(wanted.first);
        const lab::read_report second = lab::read_lab_file(wanted.second);
        std::fputs(lab::comparison_text(lab::compare(first, second), wanted.first, wanted.second).c_str(),
                   stdout);
    } catch (const std::exception& bad) {
        return refuse(bad.what());
    }
    return 0;
}

/// Returns what could not be written, empty when all was.
std::string write_reports(const request& wanted, const lab::lab_report& report) {
    std::string lost;
    const auto write = [&](const std::string& path, std::string (*as_text)(const lab::lab_report&)) {
        if (path.empty()) {
            return;
        }
        try {
            lab::write_file(path, as_text(report));
            std::fprintf(stderr, "written: %s\n", path.c_str());
        } catch (const std::system_error& error) {
            lost += (lost.empty() ? "" : "; ") + std::string(error.what());
        }
    };
    write(wanted.json, &lab::json_report);
    write(wanted.html, &lab::html_report);
    return lost;
}

} // namespace

int lab(std::span<char* const> arguments) {
    request wanted;
    if (const std::string what = read_flags(arguments, wanted); !what.empty()) {
        return not_understood(what, "weft help lab");
    }
    if (!wanted.first.empty()) {
        return print_comparison(wanted);
    }
    if (const std::string what = lab::unknown_in(wanted.asked.only); !what.empty()) {
        return not_understood(what, "weft lab --list");
    }
    if (wanted.list) {
        print_list();
        return 0;
    }
    for (const std::string& path : {wanted.json, wanted.html}) {
        if (path.empty()) {
            continue;
        }
        if (const std::string why = lab::why_not_writable(path); !why.empty()) {
            return refuse(why);
        }
    }
    try {
        lab::progress shown(stderr);
        const lab::lab_report report = lab::run(wanted.asked, shown);
        // Files first: whoever reads the table may have gone (a closed pipe ends the program).
        const std::string lost = write_reports(wanted, report);
        std::fputs(lab::table_report(report).c_str(), stdout);
        std::fflush(stdout);
        if (!lost.empty()) {
            return refuse(lost);
        }
    } catch (const lab::verification_failed& error) {
        return refuse(std::string("verification failed: ") + error.what());
    } catch (const std::exception& error) {
        return refuse(error.what());
    }
    return 0;
}

} // namespace weft::tools
