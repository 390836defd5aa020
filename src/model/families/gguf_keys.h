// GgufKeys: reads the architecture keys of a GGUF file ("llama.block_count") into an ArchSpec, range-checked.
//
// What every family shares: dimensions, norm epsilon, rope base and scaling. A family's spec function starts from
// read_common() and adds what is its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"
#include "model/tensor_table.h"

namespace hearth::model {

class GgufKeys {
 public:
  GgufKeys(const formats::Metadata& metadata, std::string_view architecture)
      : metadata_(metadata), prefix_(std::string(architecture) + ".") {}

  // Errors: corrupt_file naming the key, what was expected and what was found.
  Result<std::int32_t> require_count(std::string_view key, std::int32_t max) const;
  Result<std::int32_t> count(std::string_view key, std::int32_t fallback, std::int32_t max) const;
  Result<double> positive(std::string_view key, double fallback) const;
  Result<bool> flag(std::string_view key, bool fallback) const;
  std::optional<std::string_view> text(std::string_view key) const {
    return metadata_.text(prefix_ + std::string(key));
  }
  bool contains(std::string_view key) const { return metadata_.contains(prefix_ + std::string(key)); }

  // Dimensions, norm, one rope class with its scaling, experts; every layer global.
  Result<ArchSpec> read_common() const;

 private:
  Result<RopeSpec> read_rope(const ArchSpec& spec) const;
  Status read_experts(ArchSpec& spec) const;

  const formats::Metadata& metadata_;
  std::string prefix_;
};

// Query, key and value in one tensor, one after the other.
inline constexpr TensorSource kFusedQuery = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kQuery};
inline constexpr TensorSource kFusedKey = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kKey};
inline constexpr TensorSource kFusedValue = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kValue};
inline constexpr TensorTable kFusedQkvTensors = {.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue};

}  // namespace hearth::model
