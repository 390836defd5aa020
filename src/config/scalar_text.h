// Text to value, strictly: the whole text must be the value. YAML scalars, flags and environment variables share it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::config {

std::optional<std::int64_t> to_integer(std::string_view text);  // "8192", "-1", "8192.0"
std::optional<double> to_number(std::string_view text);         // finite
std::optional<bool> to_flag(std::string_view text);             // true false yes no on off 1 0, without regard to case

// A relative path that stays below its folder: no "..", not absolute, no control characters, not empty.
bool stays_below(std::string_view path);

}  // namespace hearth::config
