// SPDX-License-Identifier: MIT
#include "lab/report/json_reader.hpp"
#include <algorithm>
#include <charconv>

namespace weft::lab {

namespace {

constexpr int deepest = 32;

class reader {
  public:
    explicit reader(std::string_view text) : text_(text) {}

    json_value whole() {
        json_value v = value(0);
        skip_blanks();
        if (at_ != text_.size()) {
            fail("something follows the value");
        }
        return v;
    }

  private:
    [[noreturn]] void fail(const std::string& why) const {
        const auto line =
            1 + std::count(text_.begin(),
                           text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n');
        throw bad_json("line " + std::to_string(line) + ": " + why);
    }
    [[nodiscard]] char here() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    char take() {
        if (at_ >= text_.size()) {
            fail("the text ends too early");
        }
        return text_[at_++];
    }
    void skip_blanks() noexcept {
        while (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r') {
            ++at_;
        }
    }
    void expect(char wanted) {
        skip_blanks();
        if (take() != wanted) {
            --at_;
            fail(std::string("'") + wanted + "' is missing");
        }
    }
    /// True when the bracket closes, false when a comma promises more.
    bool closes(char bracket) {
        skip_blanks();
        const char c = take();
        if (c != bracket && c != ',') {
            --at_;
            fail(std::string("',' or '") + bracket + "' is missing");
        }
        return c == bracket;
    }

    json_value value(int depth) {
        if (depth > deepest) {
            fail("nested too deeply");
        }
        skip_blanks();
        json_value v;
        switch (here()) {
        case '{':
            v.is = json_value::kind::object;
            object(v, depth);
            break;
        case '[':
            v.is = json_value::kind::array;
            array(v, depth);
            break;
        case '"':
            v.is = json_value::kind::text;
            v.text = string();
            break;
        case 't':
        case 'f':
            v.is = json_value::kind::truth;
            v.truth = here() == 't';
            word(v.truth ? "true" : "false");
            break;
        case 'n':
            word("null");
            break;
        default:
            v.is = json_value::kind::number;
            v.number = number();
        }
        return v;
    }

    void object(json_value& into, int depth) {
        expect('{');
        skip_blanks();
        if (here() == '}') {
            ++at_;
            return;
        }
        do {
            skip_blanks();
            if (here() != '"') {
                fail("a member's name is missing");
            }
            std::string name = string();
            expect(':');
            json_value member = value(depth + 1);
            if (!into.members.emplace(name, std::move(member)).second) {
                fail("the name '" + name + "' stands twice in an object");
            }
        } while (!closes('}'));
    }

    void array(json_value& into, int depth) {
        expect('[');
        skip_blanks();
        if (here() == ']') {
            ++at_;
            return;
        }
        do {
            into.items.push_back(value(depth + 1));
        } while (!closes(']'));
    }

    void word(std::string_view wanted) {
        if (text_.substr(at_, wanted.size()) != wanted) {
            fail("this is no value");
        }
        at_ += wanted.size();
    }

    unsigned four_digits() {
        unsigned code = 0;
        const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) {
            fail("\\u wants four hexadecimal digits");
        }
        at_ += 4;
        return code;
    }

    /// As UTF-8; a lone surrogate becomes U+FFFD.
    void append(std::string& to, unsigned code) {
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(std::min(at_, text_.size()), 2) == "\\u") {
            at_ += 2;
            const unsigned low = four_digits();
            code =
                low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        } else if (code >= 0xd800 && code < 0xe000) {
            code = 0xfffd;
        }
        const auto put = [&](unsigned byte) { to += static_cast<char>(byte); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xc0 | code >> 6);
            put(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            put(0xe0 | code >> 12);
            put(0x80 | (code >> 6 & 0x3f));
            put(0x80 | (code & 0x3f));
        } else {
            put(0xf0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3f));
            put(0x80 | (code >> 6 & 0x3f));
            put(0x80 | (code & 0x3f));
        }
    }

    std::string string() {
        std::string text;
        ++at_; // the quote
        for (;;) {
            const char c = take();
            if (c == '"') {
                return text;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail("a control character stands in a string");
            }
            if (c != '\\') {
                text += c;
                continue;
            }
            constexpr std::string_view names = "\"\\/bfnrt";
            constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
            const char escape = take();
            if (const std::size_t i = names.find(escape); i != std::string_view::npos) {
                text += meant[i];
            } else if (escape == 'u') {
                append(text, four_digits());
            } else {
                fail("there is no such escape");
            }
        }
    }

    void digits() {
        if (here() < '0' || here() > '9') {
            fail("this is no value");
        }
        while (here() >= '0' && here() <= '9') {
            ++at_;
        }
    }

    double number() {
        const std::size_t begin = at_;
        if (here() == '-') {
            ++at_;
        }
        if (here() == '0') {
            ++at_;
        } else {
            digits();
        }
        if (here() == '.') {
            ++at_;
            digits();
        }
        if (here() == 'e' || here() == 'E') {
            ++at_;
            if (here() == '+' || here() == '-') {
                ++at_;
            }
            digits();
        }
        double n = 0;
        const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, n);
        if (error != std::errc() || end != text_.data() + at_) {
            fail("a number is out of range");
        }
        return n;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

json_value read_json(std::string_view text) {
    return reader(text).whole();
}

} // namespace weft::lab
