// SPDX-License-Identifier: MIT
// Counts what a process holds, by asking /proc: threads, descriptors, mappings, memory. For tests that must end as they began. And the
// CPU time that it has used.
#pragma once
#include "support/sanitized.hpp"
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace support {

inline int count_entries(const char* folder) {
    DIR* listing = opendir(folder);
    if (!listing) {
        return -1;
    }
    int entries = 0;
    while (const dirent* entry = readdir(listing)) {
        entries += entry->d_name[0] != '.';
    }
    closedir(listing);
    return entries;
}

inline int count_threads() {
    return count_entries("/proc/self/task");
}

/// Open descriptors, the one that this listing needs included: constant, so differences are exact.
inline int count_descriptors() {
    return count_entries("/proc/self/fd");
}

/// Calls use(data, size) with each piece of the file; false when it cannot be read.
template <class Use>
bool read_pieces(const char* path, Use use) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1) {
        return false;
    }
    char buffer[4096];
    ssize_t size = 0;
    while ((size = read(file, buffer, sizeof buffer)) > 0) {
        use(buffer, static_cast<std::size_t>(size));
    }
    close(file);
    return size == 0;
}

/// In a sanitizer build always 0: the sanitizer maps memory of its own as it goes.
inline int count_mappings() {
#if defined(WEFT_TEST_SANITIZED)
    return 0;
#else
    int lines = 0;
    const bool complete = read_pieces("/proc/self/maps", [&](const char* data, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            lines += data[i] == '\n';
        }
    });
    return complete ? lines : -1;
#endif
}

/// Mapped bytes of this process: what RLIMIT_AS limits.
inline long mapped_bytes() {
    long pages = -1;
    read_pieces("/proc/self/statm", [&](const char* data, std::size_t) { pages = std::strtol(data, nullptr, 10); });
    return pages * sysconf(_SC_PAGESIZE);
}

/// Resident bytes of this process.
inline long resident_bytes() {
    long pages = -1;
    read_pieces("/proc/self/statm", [&](const char* data, std::size_t size) {
        const void* space = std::memchr(data, ' ', size); // the second number; more follow, so strtol ends inside
        pages = space ? std::strtol(static_cast<const char*>(space), nullptr, 10) : -1;
    });
    return pages * sysconf(_SC_PAGESIZE);
}

/// CPU time that the process has used.
inline long cpu_ns() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1'000'000'000L + used.tv_nsec;
}

} // namespace support
