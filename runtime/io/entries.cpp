// SPDX-License-Identifier: MIT
#include "io/entries.hpp"
#include "base/throw_errno.hpp"
#include "kernel/syscall.hpp"
#include <fcntl.h>
#include <string>

namespace weft::io {

namespace_entries::namespace_entries(const std::vector<namespace_entry>& wanted, const char* caller) {
    opened_.reserve(wanted.size());
    list_.reserve(wanted.size());
    for (const namespace_entry& e : wanted) {
        int number = e.number();
        if (!e.file().empty() || e.process() != 0) {
            const long answer = e.process() != 0 ? kernel::system_call(SYS_pidfd_open, e.process(), 0)
                                                 : kernel::system_call(SYS_openat, AT_FDCWD, e.file().c_str(), O_RDONLY | O_CLOEXEC);
            if (answer < 0) {
                const std::string what = e.process() != 0 ? "process " + std::to_string(e.process()) : "'" + e.file() + "'";
                base::throw_errno(static_cast<int>(-answer), std::string(caller) + ": cannot open the namespace of " + what);
            }
            number = static_cast<int>(answer);
            opened_.emplace_back(number);
        }
        list_.push_back({number, static_cast<int>(e.kind().bits())});
    }
}

} // namespace weft::io
