// SPDX-License-Identifier: MIT
#include "io/process_plan.hpp"
#include "base/throw_errno.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/syscall.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace weft::io {

namespace {

using kernel::process_step;
using kernel::system_call;

constexpr int most_descriptors = 1 << 20; // no kernel has more by default

void require_no_nul(const std::string& text, const char* what) {
    if (text.find('\0') != std::string::npos) {
        throw bad_option(std::string("weft::process: ") + what + " holds a NUL character: '" + text.c_str() + "'");
    }
}

int open_file(const std::string& path, int flags) {
    require_no_nul(path, "a file name");
    const long answer = system_call(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0666);
    if (answer < 0) {
        base::throw_errno(static_cast<int>(-answer), "weft::process: cannot open '" + path + "'");
    }
    return static_cast<int>(answer);
}

std::string map_text(const std::vector<id_range>& ranges) {
    std::string text;
    for (const id_range& r : ranges) {
        for (const std::uint32_t number : {r.inside, r.outside, r.count}) {
            text.append(std::to_string(number)).append(1, ' ');
        }
        text.back() = '\n';
    }
    return text;
}

} // namespace

process_plan::process_plan(const std::vector<std::string>* arguments, const process_options& how)
    : how_(how), entries_(how.join, "weft::process") {
    take_environment();
    if (arguments) {
        take_arguments(*arguments);
    } else if (how.environment) {
        throw bad_option("weft::process: an environment is for a program; a function has the parent's memory");
    }
    take_redirections();
    take_ids();
    require_no_nul(how.directory, "the directory");
    kernel::process_request& r = request_;
    r.directory = how.directory.empty() ? nullptr : how.directory.c_str();
    r.close_others = how.close_others;
    r.new_namespaces = how.new_namespaces.bits();
    r.joined = entries_.list();
    r.deny_setgroups = how.deny_setgroups;
    if (!how.cgroup.empty()) {
        r.cgroup = open_file(how.cgroup, O_PATH | O_DIRECTORY);
        opened_.emplace_back(r.cgroup);
    }
    list_private_descriptors();
    r.new_session = how.new_session;
    if (how.process_group) {
        if (*how.process_group < 0) {
            throw bad_option("weft::process: process group " + std::to_string(*how.process_group) + " is negative");
        }
        r.process_group = *how.process_group;
    }
    r.death_signal = how.death_signal;
    r.default_signals = how.default_signals.bits();
    r.ignored_signals = how.ignored_signals.bits();
    r.set_mask = how.blocked_signals.has_value();
    r.mask = how.blocked_signals ? how.blocked_signals->bits() : 0;
}

void process_plan::take_environment() {
    if (!how_.environment) {
        request_.environment = environ;
        return;
    }
    for (const std::string& entry : *how_.environment) {
        require_no_nul(entry, "an environment string");
        if (entry.find('=') == std::string::npos) {
            throw bad_option("weft::process: '" + entry + "' in the environment is no NAME=value");
        }
        environment_.push_back(const_cast<char*>(entry.c_str())); // execve takes char**, and writes nothing
    }
    environment_.push_back(nullptr);
    request_.environment = environment_.data();
}

/// The candidates as execvp(3) has them, but a script without an interpreter line is not handed to a shell.
void process_plan::take_arguments(const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        throw bad_option("weft::process: an empty argument list names no program to run");
    }
    words_ = arguments;
    for (std::string& word : words_) {
        require_no_nul(word, "an argument");
        arguments_.push_back(word.data());
    }
    arguments_.push_back(nullptr);
    program_ = words_.front();
    if (!how_.search_path || program_.empty() || program_.find('/') != std::string::npos) {
        candidates_.push_back(program_);
    } else {
        std::string_view path = "/bin:/usr/bin";
        for (char* const* entry = request_.environment; entry && *entry; ++entry) {
            if (std::string_view(*entry).substr(0, 5) == "PATH=") {
                path = std::string_view(*entry).substr(5);
            }
        }
        for (;;) {
            const std::size_t colon = path.find(':');
            const std::string_view folder = path.substr(0, colon);
            candidates_.push_back(folder.empty() ? "./" + program_ : std::string(folder) + "/" + program_);
            if (colon == std::string_view::npos) {
                break;
            }
            path.remove_prefix(colon + 1);
        }
    }
    for (const std::string& candidate : candidates_) {
        paths_.push_back(candidate.c_str());
    }
    paths_.push_back(nullptr);
    request_.paths = paths_.data();
    request_.arguments = arguments_.data();
}

void process_plan::add_descriptor(int source, int target) {
    if (target < 0 || target >= most_descriptors) {
        throw bad_option("weft::process: " + std::to_string(target) + " cannot be a descriptor of the child");
    }
    if (source < 0 || system_call(SYS_fcntl, source, F_GETFD) < 0) {
        base::throw_errno(EBADF, "weft::process: descriptor " + std::to_string(source) + ", which the child shall have as " +
                                std::to_string(target) + ", is not open");
    }
    moves_.push_back({source, target});
}

void process_plan::take_redirection(int target, const redirection& wanted) {
    const auto open_as = [&](const std::string& path, int flags) {
        opened_.emplace_back(open_file(path, flags));
        add_descriptor(opened_.back().get(), target);
    };
    switch (wanted.what()) {
    case redirection::kind::inherited:
        return;
    case redirection::kind::null:
        return open_as("/dev/null", target == 0 ? O_RDONLY : O_WRONLY);
    case redirection::kind::descriptor:
        return add_descriptor(wanted.number(), target);
    case redirection::kind::read:
        return open_as(wanted.file(), O_RDONLY);
    case redirection::kind::write:
        return open_as(wanted.file(), O_WRONLY | O_CREAT | O_TRUNC);
    case redirection::kind::append:
        return open_as(wanted.file(), O_WRONLY | O_CREAT | O_APPEND);
    case redirection::kind::output: {
        if (target != 2) {
            throw bad_option("weft::process: to_output() is for the error stream alone");
        }
        const auto output = std::find_if(moves_.begin(), moves_.end(), [](const auto& m) { return m.target == 1; });
        return add_descriptor(output == moves_.end() ? 1 : output->source, 2);
    }
    case redirection::kind::pipe: {
        int ends[2];
        if (const long answer = system_call(SYS_pipe2, ends, O_CLOEXEC); answer < 0) {
            base::throw_errno(static_cast<int>(-answer), "weft::process: no pipe (see RLIMIT_NOFILE)");
        }
        const int childs = target == 0 ? 0 : 1;
        our_ends_[static_cast<std::size_t>(target)] = file_descriptor(ends[1 - childs]);
        opened_.emplace_back(ends[childs]);
        return add_descriptor(ends[childs], target);
    }
    }
}

void process_plan::take_redirections() {
    opened_.reserve(4);
    take_redirection(0, how_.input);
    take_redirection(1, how_.output);
    take_redirection(2, how_.error);
    for (const auto& copy : how_.descriptors) {
        add_descriptor(copy.ours, copy.childs);
    }
    std::sort(moves_.begin(), moves_.end(), [](const auto& a, const auto& b) { return a.target < b.target; });
    for (std::size_t i = 1; i < moves_.size(); ++i) {
        if (moves_[i - 1].target == moves_[i].target) {
            throw bad_option("weft::process: the child's descriptor " + std::to_string(moves_[i].target) + " is asked for twice");
        }
    }
    request_.descriptors = moves_;
}

void process_plan::list_private_descriptors() {
    const auto list = [this](std::span<const file_descriptor> some) {
        for (const file_descriptor& one : some) {
            if (one) {
                private_.push_back(one.get());
            }
        }
    };
    list(our_ends_);
    list(opened_);
    list(entries_.opened());
    request_.private_descriptors = private_;
}

void process_plan::take_ids() {
    if (!how_.user_map.empty()) {
        user_map_ = map_text(how_.user_map);
        request_.user_map = user_map_.c_str();
    }
    if (!how_.group_map.empty()) {
        group_map_ = map_text(how_.group_map);
        request_.group_map = group_map_.c_str();
    }
    if ((request_.user_map || request_.group_map) && !how_.new_namespaces.has(namespaces::user)) {
        throw bad_option("weft::process: id maps are for a new user namespace, and none is asked for");
    }
    if (how_.user) {
        request_.user = *how_.user;
    }
    if (how_.group) {
        request_.group = *how_.group;
    }
    if (how_.supplementary_groups) {
        request_.set_groups = true;
        request_.groups = *how_.supplementary_groups;
    }
}

/// As seen from here: a relative name and a directory of the child's own are looked up together.
bool process_plan::some_candidate_exists() const {
    if (!how_.join.empty()) {
        return false; // the child may have looked under other mounts
    }
    return std::any_of(candidates_.begin(), candidates_.end(), [this](const std::string& candidate) {
        const bool moved = !how_.directory.empty() && !candidate.starts_with('/');
        return ::access((moved ? how_.directory + "/" + candidate : candidate).c_str(), F_OK) == 0;
    });
}

void process_plan::refuse(const kernel::spawned& outcome) const {
    std::string text = "weft::process: ";
    switch (outcome.failed) {
    case process_step::none:
        break;
    case process_step::memory:
        text += "no memory for the new process's first stack";
        break;
    case process_step::pipe:
        text += "no pipe to talk with the new process (see RLIMIT_NOFILE)";
        break;
    case process_step::clone:
        switch (outcome.error) {
        case EAGAIN:
            text += "the kernel allows no more processes (see RLIMIT_NPROC, pids.max of the cgroup, kernel.threads-max)";
            break;
        case EMFILE:
        case ENFILE:
            text += "no descriptor for the pidfd (see RLIMIT_NOFILE)";
            break;
        case ENOMEM:
            text += "no memory is left, or the init of the pid namespace for children has ended";
            break;
        case ENOSYS:
            text += "a cgroup or a time namespace needs clone3, which this kernel or a filter refuses";
            break;
        case EPERM:
        case ENOSPC:
        case EINVAL:
        case EUSERS:
            if (!how_.new_namespaces.empty()) {
                text += "cannot make new namespaces (" + describe(how_.new_namespaces) + "): " +
                        kernel::explain_namespace_refusal({outcome.error, how_.new_namespaces.bits() & ~0x10000000u, false});
                break;
            }
            [[fallthrough]];
        default:
            text += how_.cgroup.empty() ? "the kernel makes no process" : "cannot be born in the cgroup '" + how_.cgroup + "'";
        }
        text += " [clone]";
        break;
    case process_step::setgroups_file:
        text += "cannot write 'deny' to the child's setgroups file";
        break;
    case process_step::user_map:
        text += "the kernel refuses the user map (ranges overlap, or ids that this process may not map; see user_namespaces(7)), one a line:\n" +
                user_map_;
        break;
    case process_step::group_map:
        text += "the kernel refuses the group map (ranges overlap, or ids that this process may not map; see user_namespaces(7)), one a line:\n" +
                group_map_;
        break;
    case process_step::join_namespace:
        text += "cannot join a namespace (" +
                (outcome.detail == 0 ? std::string("of any kind") : describe(namespaces::from_bits(static_cast<unsigned>(outcome.detail)))) +
                "): " + kernel::explain_namespace_refusal({outcome.error, 0, true});
        break;
    case process_step::session:
        text += "cannot begin a new session";
        break;
    case process_step::process_group:
        text += "cannot enter process group " + std::to_string(request_.process_group);
        break;
    case process_step::descriptor:
        text += "cannot give descriptor " + std::to_string(outcome.detail) + " to the child";
        break;
    case process_step::groups:
        text += "cannot take those supplementary groups (CAP_SETGID is needed, and setgroups must not be denied)";
        break;
    case process_step::group:
        text += "cannot become group " + std::to_string(request_.group);
        break;
    case process_step::user:
        text += "cannot become user " + std::to_string(request_.user);
        break;
    case process_step::directory:
        text += "cannot change to the directory '" + how_.directory + "'";
        break;
    case process_step::death_signal:
        text += "no such death signal: " + std::to_string(how_.death_signal);
        break;
    case process_step::other_descriptors:
        text += "cannot close the other descriptors";
        break;
    case process_step::exec:
        text += "cannot run '" + program_ + "'";
        if (candidates_.size() > 1) {
            text += " (looked for in " + std::to_string(candidates_.size()) + " folders of PATH)";
        }
        if (outcome.error == ENOENT && some_candidate_exists()) {
            text += ": the file is there, but not the interpreter that it names (its first line, or the dynamic loader)";
        }
        text += " [execve]";
    }
    base::throw_errno(outcome.error, text);
}

} // namespace weft::io
