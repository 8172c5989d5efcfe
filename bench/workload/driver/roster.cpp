// SPDX-License-Identifier: MIT
#include "driver/roster.hpp"
#include "batch/workload.hpp"
#include "fib/workload.hpp"
#include "idle/workload.hpp"
#include "matmul/workload.hpp"
#include "mutex/workload.hpp"
#include "nqueens/workload.hpp"
#include "parked/workload.hpp"
#include "ping_pong/workload.hpp"
#include "skynet/workload.hpp"
#include "sleep/workload.hpp"
#include "spawn_join/workload.hpp"
#include "spawn_one/workload.hpp"
#include "yield/workload.hpp"
#include <fstream>
#include <stdexcept>

namespace weft::workload {

const std::vector<const card*>& all_workloads() {
    static const std::vector<const card*> all{
        &yield::about,     &fib::about,   &skynet::about, &spawn_join::about, &spawn_one::about, &batch::about, &ping_pong::about,
        &mutex::about, &parked::about, &sleep::about,  &nqueens::about,    &matmul::about,    &idle::about,
    };
    return all;
}

const card* find_workload(std::string_view name) {
    for (const card* w : all_workloads()) {
        if (w->name == name) {
            return w;
        }
    }
    return nullptr;
}

std::vector<contender_entry> read_contenders(const std::string& path) {
    std::ifstream in(path);
    if (!in) {
        throw std::runtime_error("there is no " + path + ": the contenders were not built; ./weft bench builds them");
    }
    std::vector<contender_entry> all;
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> fields;
        std::size_t begin = 0;
        for (std::size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', begin)) {
            fields.push_back(line.substr(begin, tab - begin));
            begin = tab + 1;
        }
        fields.push_back(line.substr(begin));
        if (fields.size() != 4 || fields[0].empty() || fields[2].empty() == fields[3].empty()) {
            throw std::runtime_error(path + ": the line '" + line + "' is not name, title, program, missing package");
        }
        all.push_back({fields[0], fields[1], fields[2], fields[3]});
    }
    return all;
}

std::string contenders_file() {
    return WEFT_CONTENDERS_FILE;
}

std::vector<std::string> arguments_of(const card& what, const size* variant, unsigned workers, scale how_big) {
    std::vector<std::string> words{what.name, "--workers", std::to_string(workers)};
    for (const size& s : what.sizes) {
        words.push_back(std::string("--") + s.name);
        words.push_back(std::to_string(s.at(how_big)));
    }
    if (variant) {
        words.emplace_back("--tasks");
        words.push_back(std::to_string(variant->at(how_big)));
    }
    return words;
}

} // namespace weft::workload
