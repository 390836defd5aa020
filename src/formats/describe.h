// CheckpointSummary: what a model file is, in the few facts that a person asks about.
//
// describe() reads metadata and tensor shapes only, so it costs nothing beyond opening the file, and it answers for
// architectures that the engine does not run, too. `hearth show` and the model list print it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "quant/block_type.h"

namespace hearth::formats {

struct EncodingCount {
  quant::BlockType type{};
  std::int64_t n_tensors = 0;
  std::int64_t n_bytes = 0;
};

struct CheckpointSummary {
  std::string container;     // "GGUF v3"
  std::string kind;          // "model", "adapter", "mmproj" or "imatrix"; "model" where the file does not say
  std::string architecture;  // "llama"; empty where the file does not say
  std::string name;          // the name that its maker gave it; may be empty
  std::string quantization;  // "GPTQ 4-bit, groups of 32"; empty where the encodings below say it all

  std::int64_t n_parameters = 0;
  std::int64_t n_tensors = 0;
  std::int64_t n_files = 0;
  std::int64_t file_bytes = 0;
  std::vector<EncodingCount> encodings;  // most bytes first

  // nullopt where the file does not say; the largest value where it differs per layer.
  std::optional<std::int64_t> context_length;
  std::optional<std::int64_t> n_layers;
  std::optional<std::int64_t> hidden_dim;
  std::optional<std::int64_t> ffn_dim;
  std::optional<std::int64_t> n_heads;
  std::optional<std::int64_t> n_kv_heads;
  std::optional<std::int64_t> n_experts;
  std::optional<std::int64_t> vocab_size;

  std::string tokenizer;      // tokenizer.ggml.model: "llama", "gpt2", "bert", "t5", "rwkv"; empty without one
  std::string pre_tokenizer;  // tokenizer.ggml.pre; may be empty
  bool has_chat_template = false;
};

CheckpointSummary describe(const Checkpoint& checkpoint);

}  // namespace hearth::formats
