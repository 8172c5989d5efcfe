// SPDX-License-Identifier: MIT
// A strict reader of JSON (RFC 8259) for the tests: refuses what the grammar refuses, and names twice in an
// object.
#pragma once
#include <charconv>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

struct json {
    enum class kind { null, truth, number, text, array, object };
    kind is = kind::null;
    bool truth = false;
    double number = 0;
    std::string text;
    std::vector<json> items;
    std::map<std::string, json> members;

    const json& operator[](const std::string& name) const {
        const auto at = members.find(name);
        if (is != kind::object || at == members.end()) {
            throw std::out_of_range("no member '" + name + "'");
        }
        return at->second;
    }
    [[nodiscard]] bool has(const std::string& name) const { return members.count(name) != 0; }
};

class json_reader {
  public:
    /// Throws std::runtime_error with the place of the first breach.
    static json read(std::string_view text) {
        json_reader reader(text);
        json value = reader.value(0);
        reader.blanks();
        if (reader.at_ != text.size()) {
            reader.fail("something follows the value");
        }
        return value;
    }

  private:
    explicit json_reader(std::string_view text) : text_(text) {}

    [[noreturn]] void fail(const std::string& why) const {
        throw std::runtime_error("JSON at byte " + std::to_string(at_) + ": " + why);
    }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    char next() {
        if (at_ == text_.size()) {
            fail("the text ends too early");
        }
        return text_[at_++];
    }
    void blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        }
    }
    void word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) {
            fail("not a value");
        }
        at_ += expected.size();
    }

    json value(int depth) {
        if (depth > 64) {
            fail("too deep");
        }
        blanks();
        json result;
        switch (peek()) {
        case '{':
            return object(depth);
        case '[':
            return array(depth);
        case '"':
            result.is = json::kind::text;
            result.text = string();
            return result;
        case 't':
            word("true");
            result.is = json::kind::truth;
            result.truth = true;
            return result;
        case 'f':
            word("false");
            result.is = json::kind::truth;
            return result;
        case 'n':
            word("null");
            return result;
        default:
            return number();
        }
    }

    json object(int depth) {
        json result;
        result.is = json::kind::object;
        next();
        blanks();
        if (peek() == '}') {
            next();
            return result;
        }
        for (;;) {
            blanks();
            if (peek() != '"') {
                fail("a member needs a name");
            }
            std::string name = string();
            blanks();
            if (next() != ':') {
                fail("':' is missing");
            }
            if (!result.members.emplace(name, value(depth + 1)).second) {
                fail("the name '" + name + "' stands twice");
            }
            blanks();
            const char c = next();
            if (c == '}') {
                return result;
            }
            if (c != ',') {
                fail("',' or '}' is missing");
            }
        }
    }

    json array(int depth) {
        json result;
        result.is = json::kind::array;
        next();
        blanks();
        if (peek() == ']') {
            next();
            return result;
        }
        for (;;) {
            result.items.push_back(value(depth + 1));
            blanks();
            const char c = next();
            if (c == ']') {
                return result;
            }
            if (c != ',') {
                fail("',' or ']' is missing");
            }
        }
    }

    std::string string() {
        std::string result;
        next();
        for (;;) {
            const char c = next();
            if (c == '"') {
                return result;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail("a control character in a string");
            }
            if (c != '\\') {
                result += c;
                continue;
            }
            const char escape = next();
            constexpr std::string_view from = "\"\\/bfnrt";
            constexpr std::string_view to = "\"\\/\b\f\n\r\t";
            if (const std::size_t i = from.find(escape); i != std::string_view::npos) {
                result += to[i];
            } else if (escape == 'u') {
                unsigned code = 0;
                const std::string_view digits = text_.substr(at_, 4);
                const auto [end, error] =
                    std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
                if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) {
                    fail("\\u wants four hexadecimal digits");
                }
                at_ += 4;
                if (code < 0x80) {
                    result += static_cast<char>(code);
                } else { // enough for the tests, which only ask for U+FFFD
                    result += static_cast<char>(0xe0 | (code >> 12));
                    result += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
                    result += static_cast<char>(0x80 | (code & 0x3f));
                }
            } else {
                fail("no such escape");
            }
        }
    }

    void digits() {
        if (peek() < '0' || peek() > '9') {
            fail("a digit is missing");
        }
        while (peek() >= '0' && peek() <= '9') {
            ++at_;
        }
    }

    json number() {
        const std::size_t begin = at_;
        if (peek() == '-') {
            ++at_;
        }
        if (peek() == '0') {
            ++at_;
        } else {
            digits();
        }
        if (peek() == '.') {
            ++at_;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-') {
                ++at_;
            }
            digits();
        }
        json result;
        result.is = json::kind::number;
        std::from_chars(text_.data() + begin, text_.data() + at_, result.number);
        return result;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace weft::test
