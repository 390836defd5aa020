// The parameters of the generating endpoints: one table, one row per name, with its type, its range and who has it.
//
// Validation is strict on what is known: a wrong type or a value out of range is an error that names the field. A known
// field that this build cannot honour is refused unless it holds the value that asks for nothing. Unknown fields are
// collected, or refused in strict mode. docs/api.md is written from this table.
#pragma once

#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "api/api_error.h"
#include "api/generation_fields.h"
#include "base/json.h"

namespace hearth::api {

struct NumberRule {
  std::optional<double>& (*field)(GenerationFields&);
  double min;
  double max;
};
struct IntegerRule {
  std::optional<std::int64_t>& (*field)(GenerationFields&);
  std::int64_t min;
  std::int64_t max;
};
struct FlagRule {
  std::optional<bool>& (*field)(GenerationFields&);
};
struct TextRule {
  std::optional<std::string>& (*field)(GenerationFields&);
  std::vector<std::string_view> choices;  // empty: any
};
// A value with rules of its own.
struct CustomRule {
  Parsed<void> (*parse)(const Json& value, GenerationFields& fields);
};
// Understood and without effect here.
struct AcceptedRule {};
// Refused, unless the value is one of `off` (given as JSON).
struct UnsupportedRule {
  std::vector<std::string_view> off;
};

using Rule = std::variant<NumberRule, IntegerRule, FlagRule, TextRule, CustomRule, AcceptedRule, UnsupportedRule>;

struct Parameter {
  std::string_view name;
  unsigned endpoints;  // Endpoint values, or-ed
  Rule rule;
};

std::span<const Parameter> parameters();

// `body` must be an object. Errors name the field.
Parsed<GenerationFields> parse_parameters(const Json& body, Endpoint endpoint, bool strict);

}  // namespace hearth::api
