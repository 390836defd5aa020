// The known name that a mistyped one is nearest to, for "did you mean" in warnings and errors.
//
// config uses it for YAML keys, gallery for model names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

// Number of single-character insertions, deletions and replacements that turn one into the other, without regard to
// case.
int edit_distance(std::string_view a, std::string_view b);

// Up to `n_most` candidates within a third of the name's length, nearest first. Names longer than 100 bytes match
// nothing.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates,
                                       std::size_t n_most);

}  // namespace hearth::config
