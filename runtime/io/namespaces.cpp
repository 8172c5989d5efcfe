// SPDX-License-Identifier: MIT
// run_in: a kernel thread that enters namespaces, runs one function and ends.
//
// When is the thread gone? The word by which threads are joined is cleared when it leaves our memory, and that is before it lets go of its
// namespaces (do_exit: exit_mm, ..., exit_task_namespaces, exit_notify). A caller who then looked at /proc/self/task could still find
// it there with its namespaces, so we wait for the last step instead: a pidfd of the single thread (PIDFD_THREAD, Linux 6.9),
// which a task awaits without blocking its worker. Older kernels: the join, and then tgkill(2) until it says that there is no such thread.
#include "base/throw_errno.hpp"
#include "io/driver.hpp"
#include "io/entries.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include "scheduler/birthplace.hpp"
#include <cerrno>
#include <fcntl.h>
#include <linux/sched.h>
#include <weft/blocking.hpp>
#include <weft/readiness.hpp>

namespace weft {

namespace {

using kernel::system_call;

constexpr int pidfd_of_thread = O_EXCL; // PIDFD_THREAD

struct call {
    std::span<const kernel::descriptor_move> joined;
    std::uint64_t fresh;
    void (*run)(void*) noexcept;
    void* argument;
    kernel::namespace_refusal refused;
};

void enter_and_run(void* argument) {
    auto& c = *static_cast<call*>(argument);
    c.refused = kernel::enter_namespaces(c.joined, c.fresh);
    if (c.refused.error == 0) {
        scheduler::be_born_elsewhere([](scheduler::birth born, void* what) noexcept { return io::the_driver().call(born, what); });
        c.run(c.argument);
    }
}

/// Until the kernel has buried the thread.
void await_end(kernel::thread* t) {
    const pid_t tid = kernel::tid_of(t);
    const long pidfd = system_call(SYS_pidfd_open, tid, pidfd_of_thread);
    if (pidfd >= 0) {
        const file_descriptor kept(static_cast<int>(pidfd));
        try {
            await_readable(kept.get());
        } catch (const std::system_error&) { // no descriptor for the wait: this thread blocks instead
        }
        blocking([&] { kernel::join_thread(t); });
        return;
    }
    blocking([&] {
        kernel::join_thread(t);
        const long process = system_call(SYS_getpid);
        while (pidfd != -ESRCH && system_call(SYS_tgkill, process, tid, 0) == 0) {
            (void)system_call(SYS_sched_yield);
        }
    });
}

} // namespace

void abi::run_in_namespaces(const namespace_plan& plan, void (*run)(void*) noexcept, void* argument) {
    const auto refuse = [](const kernel::namespace_refusal& why) {
        base::throw_errno(why.error, std::string("weft::run_in: cannot ") +
                                         (why.joining ? "join a namespace (" : "make a new namespace (") +
                                         (why.kind == 0 ? std::string("kind unknown") : kernel::name_namespaces(why.kind)) +
                                         "): " + kernel::explain_namespace_refusal(why));
    };
    if (plan.fresh.has(namespaces::user)) {
        refuse({EINVAL, CLONE_NEWUSER, false});
    }
    const io::namespace_entries entries(plan.join, "weft::run_in");
    call c{entries.list(), plan.fresh.bits(), run, argument, {}};
    kernel::thread_options how;
    how.name = "weft/ns";
    how.stack_size = 1024 * 1024;
    // The driver's thread is born here and stays until f has ended: f may make work for a runtime that then needs another kernel thread, and may
    // leave children to the driver; neither may be born in f's namespaces.
    struct driver_stays {
        const int error = io::the_driver().enter();
        ~driver_stays() {
            if (error == 0) {
                io::the_driver().leave();
            }
        }
    } const stays;
    auto started = stays.error != 0 ? kernel::result<kernel::thread*>(kernel::refusal{stays.error, "the readiness driver"})
                                    : kernel::start_thread(&enter_and_run, &c, how);
    if (!started) {
        base::throw_errno(started.why().error, std::string("weft::run_in: no kernel thread to be had [") + started.why().call + "]");
    }
    await_end(started.value());
    if (c.refused.error != 0) {
        refuse(c.refused);
    }
}

std::string describe(namespaces which) {
    return kernel::name_namespaces(which.bits());
}

} // namespace weft
