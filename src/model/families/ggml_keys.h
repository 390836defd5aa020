// GgmlKeys: reads the header of a ggml file of 2023 ("ggml.n_embd") into an ArchSpec, range-checked.
//
// What every family shares: dimensions, and one rope class that rotates whole heads in halves. What the header does not
// say (heads of keys and values, feed-forward size) is read off the shapes of tensors. A family's read function starts
// from read_common() and adds what is its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"

namespace hearth::model {

inline constexpr std::int32_t kMaxGgmlDim = 1 << 20;
inline constexpr std::int32_t kMaxGgmlContext = 1 << 28;

// By what names a header calls the dimensions.
struct GgmlFields {
  std::string_view n_layer = "n_layer";
  std::string_view n_embd = "n_embd";
  std::string_view n_head = "n_head";
};

class GgmlKeys {
 public:
  explicit GgmlKeys(const formats::Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  // A header field, 1 to max. Errors: corrupt_file naming the field, what was expected and what was found.
  Result<std::int32_t> require_count(std::string_view field, std::int32_t max) const;
  Result<std::int32_t> count(std::string_view field, std::int32_t fallback, std::int32_t max) const;
  Result<double> number(std::string_view field, double fallback) const;  // finite, zero or more

  // Rows of a matrix, [out, in]. Errors: corrupt_file (the tensor is missing or has other than 2 dimensions).
  Result<std::int32_t> rows_of(std::string_view tensor, std::int32_t max) const;

  // Everything but ffn_dim and trained_context.
  Result<ArchSpec> read_common(const GgmlFields& fields) const;

 private:
  const formats::Checkpoint& checkpoint_;
};

}  // namespace hearth::model
