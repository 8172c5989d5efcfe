// SPDX-License-Identifier: MIT
// `weft flags`: every flag of clone with its rules; `weft flags CLONE_VM`: the experiment, off and on.
#include "flags/gallery.hpp"
#include "verbs.hpp"
#include <cstdio>
#include <string>

namespace weft::tools {

const char* const flags_usage =
    "usage: weft flags            every flag of clone(2) and clone3(2) with a line and its rules\n"
    "       weft flags FLAG ...   a small experiment with the flag off and on: weft flags CLONE_VM, or vm\n"
    "       weft flags all        all experiments\n"
    "\n"
    "Some need privileges or parts of the kernel; those say what is missing.\n";

namespace {

void print_rules(clone_flag flag, const char* indent) {
    for (const clone_rule& rule : clone_rules) {
        if (rule.flags.has(flag)) {
            std::printf("%srule '%s': %s%s\n", indent, rule.name, rule.sentence,
                        rule.who == clone_rule::judge::weft ? " (weft's own)" : "");
        }
    }
}

void list() {
    for (const clone_flag_name& f : all_clone_flags) {
        const gallery::experiment* e = gallery::experiment_for(f.flag);
        std::printf("%-21.*s %#11llx  %.*s\n", static_cast<int>(f.name.size()), f.name.data(),
                    static_cast<unsigned long long>(f.flag), e ? static_cast<int>(e->line.size()) : 0, e ? e->line.data() : "");
        print_rules(f.flag, "    ");
    }
    std::puts("\nRules about the other arguments:");
    for (const clone_rule& rule : clone_rules) {
        if (rule.flags.empty()) {
            std::printf("    rule '%s': %s%s\n", rule.name, rule.sentence,
                        rule.who == clone_rule::judge::weft ? " (weft's own)" : "");
        }
    }
    std::puts("\n`weft flags CLONE_VM` shows one off and on; `weft flags all` shows all.");
}

/// 0 shown, 1 not.
int show(const clone_flag_name& f) {
    const gallery::experiment* e = gallery::experiment_for(f.flag);
    if (!e) {
        std::printf("%.*s has no experiment\n", static_cast<int>(f.name.size()), f.name.data());
        return 1;
    }
    std::printf("%.*s: %.*s\n", static_cast<int>(f.name.size()), f.name.data(), static_cast<int>(e->line.size()), e->line.data());
    print_rules(f.flag, "  ");
    std::printf("  %.*s\n", static_cast<int>(e->question.size()), e->question.data());
    std::fflush(stdout);
    const gallery::finding found = gallery::run(*e);
    if (!found.why_not.empty()) {
        std::printf("  cannot be shown here: %s\n", found.why_not.c_str());
        return 1;
    }
    if (!found.broken.empty()) {
        std::printf("  the experiment broke, %s\n", found.broken.c_str());
        return 1;
    }
    std::printf("  off: %s\n  on:  %s\n", found.off.saw.c_str(), found.on.saw.c_str());
    if (!found.held()) {
        std::puts("  which is not what the flag is known to do");
    }
    return found.held() ? 0 : 1;
}

} // namespace

int flags(std::span<char* const> arguments) {
    if (arguments.empty()) {
        list();
        return 0;
    }
    int worst = 0;
    for (const char* name : arguments) {
        if (std::string_view(name) == "all") {
            for (const clone_flag_name& f : all_clone_flags) {
                worst = std::max(worst, show(f));
            }
            continue;
        }
        const clone_flag_name* f = clone_flag_named(name);
        if (!f) {
            return not_understood("clone has no flag '" + std::string(name) + "'", "weft flags");
        }
        worst = std::max(worst, show(*f));
    }
    return worst;
}

} // namespace weft::tools
