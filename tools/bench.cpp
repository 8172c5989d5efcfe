// SPDX-License-Identifier: MIT
// `weft bench`: runs the workloads' contenders in turns and reports. The contenders are built by `./weft bench`, or by the CMake target
// weft_workloads with WEFT_WORKLOADS=ON.
#include "driver/report.hpp"
#include "lab/output_file.hpp"
#include "verbs.hpp"
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace weft::tools {

const char* const bench_usage =
    "usage: weft bench [WORKLOAD ...] [flags]\n"
    "\n"
    "Runs the workloads (all, or those named) with weft, std::thread, Boost.Fiber, oneTBB, Go, Tokio and Rayon, as far as they were\n"
    "built, in turns, and prints medians, spread and ratios to weft. Each run is a process of its own and checks its result; one that\n"
    "fails that or its time limit is named and left out. `./weft bench` builds what is missing before.\n"
    "\n"
    "  --rounds N        rounds (1 to 1000; default 5, quick 3)\n"
    "  --quick           smaller sizes\n"
    "  --workers LIST    numbers of workers, such as 1,2 (the default)\n"
    "  --json FILE       write the figures and all samples as JSON\n"
    "  --html FILE       write a report with plots: one file, to be opened in a browser\n"
    "  --markdown FILE   put the table into FILE between its marks (bench/README.md has them)\n"
    "  --seconds N       time limit of one run (1 to 3600; default 60)\n"
    "  --seed N          seed of the order of turns (default 1)\n"
    "  --contenders FILE what was built, when it is not this build's own list\n"
    "  --list            list the workloads and the contenders, measure nothing\n"
    "\n"
    "Exit status: 0 measured; 1 a contender failed (the others are reported), or a file could not be read or written; 2 the command\n"
    "line was not understood.\n";

namespace {

struct request {
    workload::settings asked;
    std::string json, html, markdown;
    std::string contenders = workload::contenders_file();
    bool list = false;
    bool rounds_given = false;
};

bool number(const std::string& text, std::uint64_t least, std::uint64_t most, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() && into >= least && into <= most;
}

bool worker_list(const std::string& text, std::vector<unsigned>& into) {
    into.clear();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::uint64_t n = 0;
        if (!number(part, 1, 1024, n)) {
            return false;
        }
        into.push_back(static_cast<unsigned>(n));
    }
    return !into.empty();
}

/// Returns what was not understood, empty when all was.
std::string read_words(std::span<char* const> arguments, request& into) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string word = arguments[i];
        if (!word.starts_with("-")) {
            const workload::card* const w = workload::find_workload(word);
            if (!w) {
                return "there is no workload '" + word + "'";
            }
            into.asked.workloads.push_back(w);
            continue;
        }
        if (word == "--quick") {
            into.asked.how_big = workload::scale::quick;
            continue;
        }
        if (word == "--list") {
            into.list = true;
            continue;
        }
        std::string value;
        if (const std::size_t equals = word.find('='); equals != std::string::npos) {
            value = word.substr(equals + 1);
            word.resize(equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        }
        std::uint64_t n = 0;
        std::string* const file = word == "--json"         ? &into.json
                                  : word == "--html"       ? &into.html
                                  : word == "--markdown"   ? &into.markdown
                                  : word == "--contenders" ? &into.contenders
                                                           : nullptr;
        if (file) {
            if (value.empty() || value.starts_with("--")) {
                return word + " wants a file name";
            }
            *file = value;
        } else if (word == "--workers") {
            if (!worker_list(value, into.asked.workers)) {
                return "--workers wants numbers from 1 to 1024, such as 1,2";
            }
        } else if (word == "--rounds") {
            if (!number(value, 1, 1000, n)) {
                return "--rounds wants a whole number from 1 to 1000";
            }
            into.asked.rounds = n;
            into.rounds_given = true;
        } else if (word == "--seconds") {
            if (!number(value, 1, 3600, n)) {
                return "--seconds wants a whole number from 1 to 3600";
            }
            into.asked.limit = std::chrono::seconds(n);
        } else if (word == "--seed") {
            if (!number(value, 0, ~std::uint64_t{0}, n)) {
                return "--seed wants a whole number";
            }
            into.asked.seed = n;
        } else {
            return "bench knows no flag '" + word + "'";
        }
    }
    if (!into.rounds_given && into.asked.how_big == workload::scale::quick) {
        into.asked.rounds = 3;
    }
    return {};
}

int refuse(const std::string& sentence) {
    std::fprintf(stderr, "weft bench: %s\n", sentence.c_str());
    return 1;
}

std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

} // namespace

int bench(std::span<char* const> arguments) {
    request wanted;
    if (const std::string what = read_words(arguments, wanted); !what.empty()) {
        return not_understood(what, "weft help bench");
    }
    if (wanted.list) {
        for (const workload::card* w : workload::all_workloads()) {
            std::printf("%-11s %s\n", w->name, w->question);
        }
    }
    try {
        const std::vector<workload::contender_entry> contenders = workload::read_contenders(wanted.contenders);
        if (wanted.list) {
            for (const workload::contender_entry& c : contenders) {
                std::printf("%-11s %s%s\n", c.name.c_str(), c.title.c_str(),
                            c.program.empty() ? (" (not built: the package " + c.missing + " is missing)").c_str() : "");
            }
            return 0;
        }
        for (const std::string& path : {wanted.json, wanted.html, wanted.markdown}) {
            if (const std::string why = path.empty() ? "" : lab::why_not_writable(path); !why.empty()) {
                return refuse(why);
            }
        }
        lab::progress shown(stderr);
        const workload::bench_report report = workload::run_all(wanted.asked, contenders, shown);
        // Files first: whoever reads the table may have gone.
        if (!wanted.json.empty()) {
            lab::write_file(wanted.json, workload::json_report(report));
        }
        if (!wanted.html.empty()) {
            lab::write_file(wanted.html, workload::html_report(report));
        }
        if (!wanted.markdown.empty()) {
            lab::write_file(wanted.markdown, workload::with_last_run(content_of(wanted.markdown), report));
        }
        std::fputs(workload::table_report(report).c_str(), stdout);
        for (const workload::workload_result& w : report.workloads) {
            for (const workload::left_out& o : w.outside) {
                if (o.fault) {
                    return refuse("a contender failed; the table names it");
                }
            }
        }
    } catch (const std::exception& failed) {
        return refuse(failed.what());
    }
    return 0;
}

} // namespace weft::tools
