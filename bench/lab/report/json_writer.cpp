// SPDX-License-Identifier: MIT
#include "lab/report/json_writer.hpp"
#include "base/check.hpp"
#include <charconv>
#include <cmath>
#include <utility>

namespace weft::lab {

void json_writer::new_line() {
    text_ += '\n';
    text_.append(2 * has_members_.size(), ' ');
}

void json_writer::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (!has_members_.empty()) {
        if (has_members_.back()) {
            text_ += ',';
        }
        has_members_.back() = true;
        new_line();
    }
}

void json_writer::open(char bracket) {
    before_value();
    text_ += bracket;
    has_members_.push_back(false);
}

void json_writer::close(char bracket) {
    base::check(!has_members_.empty() && !after_key_, "json_writer: a bracket is closed that is not open");
    const bool had = has_members_.back();
    has_members_.pop_back();
    if (had) {
        new_line();
    }
    text_ += bracket;
}

void json_writer::begin_object() {
    open('{');
}
void json_writer::end_object() {
    close('}');
}
void json_writer::begin_array() {
    open('[');
}
void json_writer::end_array() {
    close(']');
}

void json_writer::key(std::string_view name) {
    before_value();
    write_string(name);
    text_ += ": ";
    after_key_ = true;
}

namespace {

/// The length of the well-formed UTF-8 sequence at the head of text, 0 when there is none (RFC 3629).
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned char second = byte(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return overlong || outside ? 0 : length;
}

} // namespace

void json_writer::write_string(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    text_ += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            text_ += "\\ufffd"; // what is no UTF-8 cannot stand in JSON
            text.remove_prefix(1);
            continue;
        }
        const char c = text.front();
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            text_ += "\\u00";
            text_ += digits[static_cast<unsigned char>(c) >> 4];
            text_ += digits[static_cast<unsigned char>(c) & 15];
        } else {
            text_ += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    text_ += '"';
}

void json_writer::write_number(double number) {
    if (!std::isfinite(number)) {
        text_ += "null";
        return;
    }
    char digits[40];
    const auto [end, error] =
        std::to_chars(digits, digits + sizeof digits, number); // shortest that reads back equal
    base::check(error == std::errc(), "json_writer: a number does not fit its buffer");
    text_.append(digits, end);
}

void json_writer::value(std::string_view text) {
    before_value();
    write_string(text);
}

void json_writer::value(double number) {
    before_value();
    write_number(number);
}

void json_writer::value(std::uint64_t number) {
    before_value();
    text_ += std::to_string(number);
}

void json_writer::value(bool truth) {
    before_value();
    text_ += truth ? "true" : "false";
}

void json_writer::null() {
    before_value();
    text_ += "null";
}

void json_writer::value(std::span<const double> numbers) {
    before_value();
    text_ += '[';
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        text_ += i ? "," : "";
        write_number(numbers[i]);
    }
    text_ += ']';
}

std::string json_writer::take() {
    base::check(has_members_.empty() && !after_key_, "json_writer: a bracket is still open");
    text_ += '\n';
    return std::exchange(text_, {});
}

} // namespace weft::lab
