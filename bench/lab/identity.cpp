// SPDX-License-Identifier: MIT
// A contender must be what it says: its child is another kernel thread, or a task.
#include "kernel/syscall.hpp"
#include "lab/experiment.hpp"
#include <weft/this_task.hpp>

namespace weft::lab {

void check_identity(contender& one) {
    one.in_its_place([&] {
        cell c{.input = 42, .ask_who = true};
        const std::uint64_t my_task = this_task::id();
        one.create_and_join(c);
        verify({&c, 1}, one.about().title);
        const auto this_process = static_cast<pid_t>(kernel::system_call(SYS_getpid));
        if (one.about().kind == contender_kind::process) {
            if (c.process == this_process) {
                throw verification_failed(one.about().title + ": the work was done by its creator's process");
            }
        } else if (c.process != this_process) {
            throw verification_failed(one.about().title + ": the work was done by another process");
        }
        if (one.about().kind != contender_kind::task) {
            if (c.kernel_thread == static_cast<pid_t>(kernel::system_call(SYS_gettid))) {
                throw verification_failed(one.about().title +
                                          ": the work was done by its creator's kernel thread");
            }
        } else if (c.task == 0 || c.task == my_task) {
            throw verification_failed(one.about().title + ": the work was not done by a task of its own");
        }
    });
}

} // namespace weft::lab
