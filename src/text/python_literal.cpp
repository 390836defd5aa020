#include "text/python_literal.h"

#include <charconv>
#include <cstdint>

namespace hearth::text {
namespace {

constexpr std::string_view kSimple = "abfnrtv\\'\"";
constexpr std::string_view kSimpleValues = "\a\b\f\n\r\t\v\\'\"";

// Nothing above the last character, and no half of a surrogate pair.
bool is_character(std::uint32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

void append_utf8(std::uint32_t character, std::string& text) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](int shift) { add(0x80U | ((character >> static_cast<unsigned>(shift)) & 0x3FU)); };
  if (character < 0x80) {
    return add(character);
  }
  if (character < 0x800) {
    add(0xC0U | character >> 6U);
  } else if (character < 0x10000) {
    add(0xE0U | character >> 12U);
    rest(6);
  } else {
    add(0xF0U | character >> 18U);
    rest(12);
    rest(6);
  }
  rest(0);
}

// `n_digits` hexadecimal digits at the front of `text`, which are taken off.
std::optional<std::uint32_t> take_hex(std::string_view& text, std::size_t n_digits) {
  std::uint32_t value = 0;
  if (text.size() < n_digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + n_digits, value, 16);
  if (error != std::errc() || end != text.data() + n_digits) return std::nullopt;
  text.remove_prefix(n_digits);
  return value;
}

std::size_t hex_digits(char escape) {
  switch (escape) {
    case 'x':
      return 2;
    case 'u':
      return 4;
    case 'U':
      return 8;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::string> unescape_python(std::string_view text, bool is_bytes) {
  std::string result;
  while (!text.empty()) {
    const char first = text.front();
    text.remove_prefix(1);
    if (first != '\\') {
      result += first;
      continue;
    }
    if (text.empty()) return std::nullopt;
    const char escape = text.front();
    text.remove_prefix(1);
    if (const std::size_t simple = kSimple.find(escape); simple != std::string_view::npos) {
      result += kSimpleValues[simple];
      continue;
    }
    const std::size_t n_digits = hex_digits(escape);
    if (n_digits == 0 || (is_bytes && n_digits > 2)) return std::nullopt;
    const std::optional<std::uint32_t> value = take_hex(text, n_digits);
    if (!value || !is_character(*value)) return std::nullopt;
    if (is_bytes) {
      result += static_cast<char>(*value);
    } else {
      append_utf8(*value, result);
    }
  }
  return result;
}

std::optional<std::string> parse_python_literal(std::string_view literal) {
  const bool is_bytes = literal.starts_with('b');
  if (is_bytes) literal.remove_prefix(1);
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  if (literal.front() != '\'' && literal.front() != '"') return std::nullopt;
  return unescape_python(literal.substr(1, literal.size() - 2), is_bytes);
}

}  // namespace hearth::text
