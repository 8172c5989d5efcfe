// SPDX-License-Identifier: MIT
#include "lab/output_file.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace weft::lab {

std::string why_not_writable(const std::string& path) {
    if (path.empty()) {
        return "a file needs a name";
    }
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) {
        close(fd);
        unlink(path.c_str()); // it was not there before
        return {};
    }
    if (errno == EEXIST) {
        fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
            close(fd);
            return {};
        }
    }
    return "'" + path + "' cannot be written: " + std::strerror(errno);
}

void write_file(const std::string& path, const std::string& content) {
    const auto fail = [&](int error) {
        throw std::system_error(error, std::generic_category(), "'" + path + "' could not be written");
    };
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        fail(errno);
    }
    for (std::string_view left = content; !left.empty();) {
        const ssize_t written = write(fd, left.data(), left.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            const int error = errno;
            close(fd);
            fail(error);
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    if (close(fd) != 0) {
        fail(errno);
    }
}

} // namespace weft::lab
