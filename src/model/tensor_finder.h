// TensorFinder: the tensors of a checkpoint by the rows of a TensorTable.
//
// Puts names together (prefix, layer and expert numbers, suffix) and remembers which tensors were asked for: one that
// nobody reads means that the model would compute something else than its authors meant. Called by weights.cpp.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/tensor_table.h"

namespace hearth::model {

inline constexpr int kNoPlace = -1;

// Which of the tensors of a row: numbers for "{layer}" and "{expert}".
struct Place {
  int layer = kNoPlace;
  int expert = kNoPlace;
};

class TensorFinder {
 public:
  TensorFinder(const formats::Checkpoint& checkpoint, const TensorTable& table);

  // Null when the file has none, or `source` has no name. The suffix is source.weight, source.bias or another one.
  const formats::TensorView* find(const TensorSource& source, std::string_view suffix, Place place);
  // Errors: corrupt_file (missing).
  Result<const formats::TensorView*> require(const TensorSource& source, std::string_view suffix, Place place);
  // A tensor that was found by other means is read.
  void mark_used(const formats::TensorView& tensor) { used_.insert(&tensor); }

  // The whole name under the file's prefix, as messages give it.
  std::string name(const TensorSource& source, std::string_view suffix, Place place) const;
  // The names it may have, the file's prefix first.
  std::vector<std::string> names(const TensorSource& source, std::string_view suffix, Place place) const;

  // Errors: unsupported, naming a tensor that was neither read nor is to be ignored.
  Status check_all_used() const;

 private:
  const formats::Checkpoint& checkpoint_;
  const TensorTable& table_;
  std::vector<std::string_view> prefixes_;  // the file's first
  std::set<const formats::TensorView*> used_;
};

// Errors: corrupt_file naming tensor, expected and found shape.
Status check_shape(const formats::TensorView& tensor, const std::vector<std::int64_t>& expected);

}  // namespace hearth::model
