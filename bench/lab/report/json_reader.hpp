// SPDX-License-Identifier: MIT
// Reads JSON (RFC 8259) that may come from anywhere: refuses what the grammar refuses, nesting beyond 32, and
// a name twice in an object, each with the place.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weft::lab {

struct json_value {
    enum class kind { null, truth, number, text, array, object };
    kind is = kind::null;
    bool truth = false;
    double number = 0;
    std::string text;
    std::vector<json_value> items;
    std::map<std::string, json_value> members;

    /// The member, or null when there is none or this is no object.
    [[nodiscard]] const json_value* find(const std::string& name) const noexcept {
        const auto at = members.find(name);
        return at == members.end() ? nullptr : &at->second;
    }
    /// The member's text or number or items; empty when there is none of that kind.
    [[nodiscard]] std::string text_of(const std::string& name) const {
        const json_value* v = find(name);
        return v && v->is == kind::text ? v->text : std::string();
    }
    [[nodiscard]] double number_of(const std::string& name) const noexcept {
        const json_value* v = find(name);
        return v && v->is == kind::number ? v->number : 0;
    }
    [[nodiscard]] const std::vector<json_value>& items_of(const std::string& name) const noexcept {
        static const std::vector<json_value> none;
        const json_value* v = find(name);
        return v && v->is == kind::array ? v->items : none;
    }
};

/// A sentence that names the line.
struct bad_json : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws bad_json.
json_value read_json(std::string_view text);

} // namespace weft::lab
