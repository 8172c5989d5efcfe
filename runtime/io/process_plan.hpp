// SPDX-License-Identifier: MIT
// What weft/process.hpp asks for, made into a kernel::process_request: strings into arrays of pointers, files opened, pipes made, names
// looked up. It owns all that the request points to.
#pragma once
#include "io/entries.hpp"
#include "kernel/process.hpp"
#include <array>
#include <string>
#include <vector>
#include <weft/process.hpp>

namespace weft::io {

class process_plan {
  public:
    /// Throws bad_option and std::system_error. `arguments` is null for a function.
    process_plan(const std::vector<std::string>* arguments, const process_options& how);

    [[nodiscard]] kernel::process_request& request() noexcept { return request_; }
    /// The parent's ends of the pipes for 0, 1 and 2.
    [[nodiscard]] std::array<file_descriptor, 3>& our_ends() noexcept { return our_ends_; }
    /// Throws the std::system_error that tells what spawn_process could not do.
    [[noreturn]] void refuse(const kernel::spawned& outcome) const;

  private:
    [[nodiscard]] bool some_candidate_exists() const;
    void take_arguments(const std::vector<std::string>& arguments);
    void take_environment();
    void take_redirections();
    void take_redirection(int target, const redirection& wanted);
    void take_ids();
    void add_descriptor(int source, int target);
    void list_private_descriptors();

    const process_options& how_;
    kernel::process_request request_;
    std::vector<std::string> words_;            // arguments, then the environment
    std::vector<char*> arguments_;
    std::vector<char*> environment_;
    std::vector<std::string> candidates_;
    std::vector<const char*> paths_;
    std::vector<kernel::descriptor_move> moves_;
    std::vector<file_descriptor> opened_;
    std::vector<int> private_; // our_ends_, opened_ and what entries_ opened
    std::array<file_descriptor, 3> our_ends_;
    namespace_entries entries_;
    std::string user_map_;
    std::string group_map_;
    std::string program_;
};

} // namespace weft::io
