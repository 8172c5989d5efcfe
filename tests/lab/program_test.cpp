// SPDX-License-Identifier: MIT
// The `weft` program as its users meet it: what it prints, what it writes, and how it ends.
#include "html_checker.hpp"
#include "json_reader.hpp"
#include "lab/laboratory.hpp"
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::lab {
namespace {

struct ended {
    int status = -1;
    std::string out; // stdout, and stderr where the command says so
};

/// Runs the program through the shell with these arguments.
ended weft(const std::string& arguments) {
    const std::string command = std::string("'") + WEFT_PROGRAM + "' " + arguments;
    std::FILE* pipe = popen(command.c_str(), "r");
    ended result;
    if (!pipe) {
        return result;
    }
    std::array<char, 4096> part{};
    for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
        result.out.append(part.data(), n);
    }
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

class folder {
  public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "weft_lab_XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

bool says(const ended& e, const std::string& part) {
    return e.out.find(part) != std::string::npos;
}

TEST(program, help_lists_the_verbs_with_a_line_each) {
    for (const char* way : {"help", "--help", "-h"}) {
        const ended e = weft(way);
        EXPECT_EQ(e.status, 0);
        for (const char* verb : {"\n  lab ", "\n  doctor ", "\n  version ", "\n  help "}) {
            EXPECT_TRUE(says(e, verb)) << verb;
        }
    }
    EXPECT_TRUE(says(weft("help lab"), "--quick"));
    EXPECT_TRUE(says(weft("lab --help"), "--quick"));
}

TEST(program, version_says_how_it_was_built) {
    const ended e = weft("version");
    EXPECT_EQ(e.status, 0);
    EXPECT_TRUE(says(e, "weft 0."));
    EXPECT_TRUE(says(e, "compiler"));
    EXPECT_EQ(weft("--version").out, e.out);
}

TEST(program, doctor_names_the_machine) {
    const ended e = weft("doctor");
    EXPECT_EQ(e.status, 0) << e.out;
    EXPECT_TRUE(says(e, "clone3")) << e.out;
}

TEST(program, answers_what_it_does_not_understand_with_a_sentence_and_status_2) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "nothing to do was named"},
        {"dance", "there is no verb 'dance'"},
        {"help dance", "there is no verb 'dance'"},
        {"help lab doctor", "one verb at a time"},
        {"version please", "takes no argument"},
        {"--loud", "there is no verb '--loud'"},
        {"lab --fast", "no flag '--fast'"},
        {"lab fast", "flags only"},
        {"lab -q", "no flag '-q'"},
        {"lab --quick=yes", "takes no value"},
        {"lab --json", "wants a file name"},
        {"lab --json --quick", "wants a file name"},
        {"lab --html ''", "wants a file name"},
        {"lab --rounds", "wants a number"},
        {"lab --rounds 0", "from 1 to 1000000, not '0'"},
        {"lab --rounds -5", "not '-5'"},
        {"lab --rounds 12x", "not '12x'"},
        {"lab --rounds 99999999999999999999", "not '99999999999999999999'"},
        {"lab --batch 0", "from 1 to"},
        {"lab --workers 0", "from 1 to 1024"},
        {"lab --workers 5000", "from 1 to 1024"},
        {"lab --only nobody", "called 'nobody'"},
        {"lab --only", "wants a name"},
        {"lab --json a.json --html a.json", "two different files"},
        {"lab --sweeps", "--sweeps goes with --quick"},
        {"lab --sweeps=all --quick", "takes no value"},
        {"lab --compare", "wants the names of two reports"},
        {"lab --compare a.json", "wants the names of two reports"},
        {"lab --compare a.json --quick", "wants the names of two reports"},
        {"lab --compare a.json ''", "wants the names of two reports"},
        {"lab --compare a.json b.json --quick", "no other flag goes with it"},
        {"lab --compare a.json b.json --compare a.json b.json", "may be given once"},
        {"lab --compare a.json b.json c.json", "flags only"},
    };
    for (const auto& [arguments, sentence] : cases) {
        const ended e = weft(std::string(arguments) + " 2>&1");
        EXPECT_EQ(e.status, 2) << arguments;
        EXPECT_TRUE(says(e, sentence)) << arguments << ": " << e.out;
        EXPECT_TRUE(says(e, "weft: ")) << e.out;
        EXPECT_EQ(test::count_of(e.out, "\n"), 1u) << "one sentence: " << e.out;
    }
}

TEST(program, lists_every_experiment_and_contender) {
    const ended e = weft("lab --list");
    EXPECT_EQ(e.status, 0);
    for (const listed_experiment& listed : everything()) {
        EXPECT_TRUE(says(e, listed.name + ": "));
        for (const contender_card& card : listed.contenders) {
            EXPECT_TRUE(says(e, "  " + card.name + " ")) << card.name;
        }
    }
}

TEST(lab, refuses_a_file_that_cannot_be_written_before_it_measures) {
    const folder here;
    std::filesystem::create_directory(here / "folder");
    for (const std::string& path : {(here / "missing" / "a.json").string(), (here / "folder").string()}) {
        for (const char* flag : {"--json", "--html"}) {
            const ended e = weft(std::string("lab --quick ") + flag + " '" + path + "' 2>&1");
            EXPECT_EQ(e.status, 1);
            EXPECT_TRUE(says(e, path)) << e.out;
            EXPECT_FALSE(says(e, "round")) << "it measured first: " << e.out;
        }
    }
}

TEST(lab, leaves_files_alone_when_another_one_cannot_be_written) {
    const folder here;
    std::ofstream(here / "old.json") << "precious";
    const ended e =
        weft("lab --quick --json '" + (here / "old.json").string() + "' --html /missing/a.html 2>&1");
    EXPECT_EQ(e.status, 1);
    EXPECT_EQ(content_of(here / "old.json"), "precious");
    const ended f =
        weft("lab --quick --json '" + (here / "new.json").string() + "' --html /missing/a.html 2>&1");
    EXPECT_EQ(f.status, 1);
    EXPECT_FALSE(std::filesystem::exists(here / "new.json"));
}

TEST(lab, still_prints_its_table_when_the_disk_is_full) {
    if (access("/dev/full", W_OK) != 0) {
        GTEST_SKIP() << "there is no /dev/full here";
    }
    const ended e = weft("lab --rounds 3 --only latency --only std_thread --json /dev/full 2>&1");
    EXPECT_EQ(e.status, 1);
    EXPECT_TRUE(says(e, "std::thread")) << e.out;
    EXPECT_TRUE(says(e, "No space left")) << e.out;
    EXPECT_EQ(weft("help 2>/dev/null >/dev/full").status, 1);
}

TEST(lab, measures_only_what_it_is_asked_for) {
    const folder here;
    const std::string file = (here / "a.json").string();
    const ended e = weft("lab --rounds 5 --only latency --only pthread_create --json='" + file + "' 2>&1");
    ASSERT_EQ(e.status, 0) << e.out;
    const test::json j = test::json_reader::read(content_of(file));
    ASSERT_EQ(j["experiments"].items.size(), 1u);
    EXPECT_EQ(j["experiments"].items[0]["name"].text, "latency");
    ASSERT_EQ(j["experiments"].items[0]["contenders"].items.size(), 1u);
    EXPECT_EQ(j["experiments"].items[0]["contenders"].items[0]["name"].text, "pthread_create");
    EXPECT_EQ(j["experiments"].items[0]["baseline"].is, test::json::kind::null);
}

void check_contender(const test::json& experiment, const test::json& c) {
    const test::json& f = c["figures"];
    const std::string name = experiment["name"].text + "/" + c["name"].text;
    EXPECT_GT(f["p50"].number, 0) << name;
    EXPECT_LE(f["min"].number, f["p50"].number) << name;
    EXPECT_LE(f["p50"].number, f["p90"].number) << name;
    EXPECT_LE(f["p90"].number, f["p99"].number) << name;
    EXPECT_LE(f["p99"].number, f["max"].number) << name;
    EXPECT_EQ(static_cast<double>(c["samples"].items.size()), experiment["rounds"].number) << name;
    EXPECT_LE(c["ratio"]["low"].number, c["ratio"]["estimate"].number) << name;
    EXPECT_GE(c["ratio"]["high"].number, c["ratio"]["estimate"].number) << name;
    EXPECT_TRUE(c["verified"].truth) << name;
    if (c["name"].text == experiment["baseline"].text) {
        EXPECT_EQ(c["ratio"]["estimate"].number, 1) << name;
    }
}

TEST(lab, quick_run_measures_everything_and_writes_both_reports) {
    const folder here;
    const std::string json_file = (here / "a.json").string();
    const std::string html_file = (here / "a.html").string();
    const ended e = weft("lab --quick --json '" + json_file + "' --html '" + html_file + "' 2>&1");
    ASSERT_EQ(e.status, 0) << e.out;
    EXPECT_TRUE(says(e, "latency: 800 rounds")) << "no progress was shown: " << e.out;

    const test::json j = test::json_reader::read(content_of(json_file));
    EXPECT_EQ(j["schema"].text, "weft.lab/1");
    for (const char* key :
         {"cpu_model", "affinity", "governor", "virtualisation", "transparent_huge_pages", "mitigations",
          "kernel", "glibc", "compiler", "build_type", "load_average", "yardsticks", "context_backend"}) {
        EXPECT_NE(j["fingerprint"][key].text, "") << key;
    }
    ASSERT_EQ(j["experiments"].items.size(), 4u); // the sweeps have a test of their own below
    for (std::size_t i = 0; i < 4; ++i) {
        const test::json& experiment = j["experiments"].items[i];
        const listed_experiment listed = everything()[i];
        EXPECT_EQ(experiment["name"].text, listed.name);
        EXPECT_GE(experiment["noise"]["figure"].number, 0);
        std::set<std::string> seen;
        for (const test::json& c : experiment["contenders"].items) {
            check_contender(experiment, c);
            seen.insert(c["name"].text);
            EXPECT_TRUE(says(e, c["title"].text)) << "the table has no " << c["title"].text;
        }
        for (const test::json& s : experiment["skipped"].items) {
            EXPECT_NE(s["why"].text, "");
            seen.insert(s["name"].text);
        }
        EXPECT_EQ(seen.size(), listed.contenders.size()) << "everybody is measured, or skipped by name";
    }

    const std::string page = content_of(html_file);
    EXPECT_EQ(test::html_breach(page), "");
    const std::size_t drawn = test::count_of(page, "<svg ");
    EXPECT_EQ(drawn, 4 * 4 + 1 + (j["split"]["missing"].is == test::json::kind::null ? 1u : 0u));
    EXPECT_EQ(test::count_of(page, "<figcaption>"), drawn) << "a paragraph under each plot";
    EXPECT_EQ(test::count_of(page, "http"), 0u);
    for (const listed_experiment& listed : everything()) {
        EXPECT_EQ(page.find("<section id=\"" + listed.name + "\">") == std::string::npos,
                  listed.name.starts_with("sweep_"))
            << listed.name;
    }
}

TEST(lab, runs_one_sweep_alone_and_compares_the_run_with_itself) {
    const folder here;
    const std::string file = (here / "a.json").string();
    const std::string html_file = (here / "a.html").string();
    const ended e = weft("lab --quick --rounds 20 --only sweep_guard --json '" + file + "' --html '" +
                         html_file + "' 2>&1");
    ASSERT_EQ(e.status, 0) << e.out;
    const test::json j = test::json_reader::read(content_of(file));
    EXPECT_EQ(j["experiments"].items.size(), 0u);
    EXPECT_EQ(j["split"].is, test::json::kind::null);
    ASSERT_EQ(j["sweeps"].items.size(), 1u);
    EXPECT_EQ(j["sweeps"].items[0]["name"].text, "sweep_guard");
    const std::string page = content_of(html_file);
    EXPECT_EQ(test::html_breach(page), "");
    EXPECT_EQ(test::count_of(page, "<svg "), 1u);
    EXPECT_EQ(test::count_of(page, "<figcaption>"), 1u);

    const ended same = weft("lab --compare '" + file + "' '" + file + "' 2>&1");
    EXPECT_EQ(same.status, 0) << same.out;
    EXPECT_TRUE(says(same, "0 cheaper, 0 dearer, ")) << same.out;
}

TEST(lab, refuses_to_compare_what_is_no_report_with_a_sentence) {
    const folder here;
    std::ofstream(here / "broken.json") << "{\"schema\": \"weft.lab/1\", ";
    std::ofstream(here / "other.json") << "{\"schema\": \"somebody.else/3\"}";
    std::ofstream(here / "empty.json");
    const std::pair<std::string, const char*> cases[] = {
        {(here / "broken.json").string(), "is no JSON"},
        {(here / "other.json").string(), "has the schema 'somebody.else/3'"},
        {(here / "empty.json").string(), "cannot be read, or is empty"},
        {(here / "missing.json").string(), "cannot be read, or is empty"},
    };
    for (const auto& [file, sentence] : cases) {
        const ended e = weft("lab --compare '" + file + "' '" + file + "' 2>&1");
        EXPECT_EQ(e.status, 1) << e.out;
        EXPECT_TRUE(says(e, sentence)) << e.out;
        EXPECT_TRUE(says(e, file)) << e.out;
        EXPECT_EQ(test::count_of(e.out, "\n"), 1u) << e.out;
    }
}

} // namespace
} // namespace weft::lab
