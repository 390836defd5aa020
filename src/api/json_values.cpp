#include "api/json_values.h"

#include <fmt/format.h>

#include <cmath>

namespace hearth::api {
namespace {

// Beyond these a double cannot be an exact 64-bit integer.
constexpr double kInt64Limit = 9223372036854775808.0;

}  // namespace

std::string_view describe_type(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "an integer";
    default:
      return "a decimal number";
  }
}

std::unexpected<ApiError> wrong_type(const std::string& param, std::string_view expected, const Json& value) {
  return reject(
      ErrorKind::kInvalidType,
      fmt::format("Invalid type for '{}': expected {}, but got {} instead.", param, expected, describe_type(value)),
      param);
}

Parsed<bool> read_flag(const Json& value, const std::string& param) {
  if (!value.is_boolean()) {
    return wrong_type(param, "a boolean", value);
  }
  return value.get<bool>();
}

Parsed<std::string> read_text(const Json& value, const std::string& param) {
  if (!value.is_string()) {
    return wrong_type(param, "a string", value);
  }
  return value.get<std::string>();
}

Parsed<std::int64_t> read_integer(const Json& value, const std::string& param) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) {
      return reject(
          ErrorKind::kIntegerAboveMax,
          fmt::format("Invalid '{}': integer above maximum value. Expected a value <= {}, but got {} instead.", param,
                      INT64_MAX, number),
          param);
    }
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) {
    return value.get<std::int64_t>();
  }
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (number == std::floor(number) && std::abs(number) < kInt64Limit) {
      return static_cast<std::int64_t>(number);
    }
  }
  return wrong_type(param, "an integer", value);
}

Parsed<std::int64_t> read_integer(const Json& value, const std::string& param, std::int64_t min, std::int64_t max) {
  Parsed<std::int64_t> number = read_integer(value, param);
  if (!number) {
    return number;
  }
  if (*number > max) {
    return reject(ErrorKind::kIntegerAboveMax,
                  fmt::format("Invalid '{}': integer above maximum value. Expected a value <= {}, but got {} instead.",
                              param, max, *number),
                  param);
  }
  if (*number < min) {
    return reject(ErrorKind::kIntegerBelowMin,
                  fmt::format("Invalid '{}': integer below minimum value. Expected a value >= {}, but got {} instead.",
                              param, min, *number),
                  param);
  }
  return number;
}

Parsed<double> read_number(const Json& value, const std::string& param, double min, double max) {
  if (!value.is_number()) {
    return wrong_type(param, "a decimal number", value);
  }
  const auto number = value.get<double>();
  if (number > max) {
    return reject(ErrorKind::kDecimalAboveMax,
                  fmt::format("Invalid '{}': decimal above maximum value. Expected a value <= {}, but got {} instead.",
                              param, max, number),
                  param);
  }
  // Written so that a NaN is refused too.
  if (!(number >= min)) {
    return reject(ErrorKind::kDecimalBelowMin,
                  fmt::format("Invalid '{}': decimal below minimum value. Expected a value >= {}, but got {} instead.",
                              param, min, number),
                  param);
  }
  return number;
}

}  // namespace hearth::api
