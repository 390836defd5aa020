// GgmlLayout: what stands before the tensors of a ggml file of 2023, for each architecture of that time.
//
// These files do not say what they are: the header is a row of integers whose number and meaning only the program that
// wrote it knew. ggml_header.cpp reads a file by every layout of this table and keeps the one that fits. Sources: the
// loaders of llama.cpp, ggml's examples, bloomz.cpp and ggllm.cpp of 2023; formats of the fields as they read them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hearth::formats {

enum class GgmlContainers : std::uint8_t {
  kGgml,        // only the container without a version
  kGgmlToGgjt,  // ggml, ggmf, ggjt
  kGgcc,
};

enum class GgmlScores : std::uint8_t {
  kNever,
  kIfVersioned,  // ggmf and ggjt have a score after each vocabulary entry, ggml has none
  kAlways,
};

struct GgmlField {
  std::string_view name;  // kept as metadata key "ggml.<name>"
  bool is_float = false;
};

struct GgmlLayout {
  std::string_view architecture;  // general.architecture of the checkpoint
  std::span<const GgmlField> fields;
  GgmlContainers containers = GgmlContainers::kGgml;
  GgmlScores scores = GgmlScores::kNever;
  bool repeats_vocab_size = false;  // n_vocab stands once more before the vocabulary
  bool has_merges = false;          // the merges of a byte-pair encoding stand after the vocabulary
  bool has_code_points = false;     // vocabulary entries are UTF-8 of code points below 256 that stand for bytes
  // What the name of the first tensor starts with, one of these; together with the header this tells the layout.
  std::span<const std::string_view> prefixes;
  std::string_view marker;  // a tensor that only this architecture has
};

// In the order in which they are tried.
std::span<const GgmlLayout> ggml_layouts();

}  // namespace hearth::formats
