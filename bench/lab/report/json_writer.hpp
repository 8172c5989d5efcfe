// SPDX-License-Identifier: MIT
// Writes JSON (RFC 8259) piece by piece: sees to commas, indentation and escapes. Numbers that JSON cannot
// hold (infinities, not-a-number) become null.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::lab {

class json_writer {
  public:
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(double number);
    void value(std::uint64_t number);
    void value(bool truth);
    void null();
    /// An array of numbers on one line.
    void value(std::span<const double> numbers);

    template <class T>
    void member(std::string_view name, const T& what) {
        key(name);
        value(what);
    }

    /// The text so far, ended by a newline.
    [[nodiscard]] std::string take();

  private:
    void before_value();
    void open(char bracket);
    void close(char bracket);
    void new_line();
    void write_string(std::string_view text);
    void write_number(double number);

    std::string text_;
    std::vector<bool> has_members_; // one for each open bracket
    bool after_key_ = false;
};

} // namespace weft::lab
