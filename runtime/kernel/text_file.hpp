// SPDX-License-Identifier: MIT
// Reads the kernel's small text files (/proc, /sys) line by line: no stdio, no malloc, no errno.
//
// A line that does not fit the buffer is skipped whole: a cut line could be taken for another value.
#pragma once
#include "kernel/descriptor.hpp"
#include "kernel/syscall.hpp"
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string_view>

namespace weft::kernel {

/// A path put together in place. One that does not fit is empty from then on, and opens nothing.
class path_text {
  public:
    path_text() noexcept = default;
    path_text(std::string_view a, std::string_view b) noexcept { add(a).add(b); }

    path_text& add(std::string_view part) noexcept {
        if (!fits_ || size_ + part.size() >= sizeof text_) {
            fits_ = false;
            size_ = 0;
        } else {
            std::memcpy(text_ + size_, part.data(), part.size());
            size_ += part.size();
        }
        text_[size_] = '\0';
        return *this;
    }
    void cut(std::size_t size) noexcept {
        if (size < size_) {
            size_ = size;
            text_[size_] = '\0';
        }
    }
    [[nodiscard]] const char* c_str() const noexcept { return text_; }
    [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

  private:
    std::size_t size_ = 0;
    bool fits_ = true;
    char text_[2048] = {};
};

class text_file {
  public:
    explicit text_file(const char* path) noexcept
        : descriptor_(static_cast<int>(system_call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC))) {}
    text_file(const text_file&) = delete;
    text_file& operator=(const text_file&) = delete;
    ~text_file() { close_descriptor(descriptor_); }

    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

    /// The next line without its end; valid until the next call. False at the end of the file.
    [[nodiscard]] bool next_line(std::string_view& line) noexcept {
        bool skipping = false;
        for (;;) {
            const void* end = std::memchr(text_ + from_, '\n', until_ - from_);
            if (end) {
                const char* begin = text_ + from_;
                const std::size_t size = static_cast<std::size_t>(static_cast<const char*>(end) - begin);
                from_ += size + 1;
                if (!skipping) {
                    line = {begin, size};
                    return true;
                }
                skipping = false;
                continue;
            }
            std::memmove(text_, text_ + from_, until_ - from_);
            until_ -= from_;
            from_ = 0;
            if (until_ == sizeof text_) {
                skipping = true;
                until_ = 0;
            }
            const long got = descriptor_ < 0 ? 0 : system_call(SYS_read, descriptor_, text_ + until_, sizeof text_ - until_);
            if (got <= 0) {
                line = {text_, until_};
                until_ = 0;
                return !line.empty() && !skipping;
            }
            until_ += static_cast<std::size_t>(got);
        }
    }

  private:
    int descriptor_;
    std::size_t from_ = 0;
    std::size_t until_ = 0;
    char text_[4096];
};

/// Cuts the part before the first separator (or all) off the front of text.
[[nodiscard]] inline std::string_view take_field(std::string_view& text, char separator) noexcept {
    const std::size_t at = text.find(separator);
    const std::string_view field = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return field;
}

/// A whole decimal number; false for anything else ("max", "-1").
[[nodiscard]] inline bool parse_number(std::string_view text, std::uint64_t& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// The number on the first line of a file; false when there is no such file or no number in it.
[[nodiscard]] inline bool read_number(const char* path, std::uint64_t& number) noexcept {
    text_file file(path);
    std::string_view line;
    return file.next_line(line) && parse_number(line, number);
}

} // namespace weft::kernel
