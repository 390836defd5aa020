#include "formats/describe.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "formats/describe_ggml.h"
#include "formats/describe_hf.h"

namespace hearth::formats {
namespace {

std::string text_or_empty(const Metadata& metadata, std::string_view key) {
  return std::string(metadata.text(key).value_or(""));
}

// A count that is one number for all layers or an array with one per layer.
std::optional<std::int64_t> largest(const Metadata& metadata, const std::string& key) {
  if (const auto value = metadata.integer(key)) {
    return value;
  }
  const auto* per_layer = metadata.integers(key);
  if (per_layer == nullptr || per_layer->empty()) {
    return std::nullopt;
  }
  return *std::ranges::max_element(*per_layer);
}

std::optional<std::int64_t> vocab_size(const Checkpoint& checkpoint, const std::string& prefix) {
  if (const auto value = checkpoint.metadata.integer(prefix + "vocab_size")) {
    return value;
  }
  if (const auto* tokens = checkpoint.metadata.texts("tokenizer.ggml.tokens")) {
    return static_cast<std::int64_t>(tokens->size());
  }
  const TensorView* embedding = checkpoint.find("token_embd.weight");
  return embedding == nullptr ? std::nullopt : std::optional(embedding->n_rows());
}

std::vector<EncodingCount> count_encodings(const std::vector<TensorView>& tensors) {
  std::map<quant::BlockType, EncodingCount> by_type;
  for (const TensorView& tensor : tensors) {
    EncodingCount& count = by_type[tensor.type];
    count.type = tensor.type;
    ++count.n_tensors;
    count.n_bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  std::vector<EncodingCount> counts;
  for (const auto& [type, count] : by_type) {
    counts.push_back(count);
  }
  std::ranges::sort(counts, [](const EncodingCount& a, const EncodingCount& b) {
    return std::pair(b.n_bytes, a.type) < std::pair(a.n_bytes, b.type);
  });
  return counts;
}

void describe_sizes(const Checkpoint& checkpoint, CheckpointSummary& summary) {
  for (const TensorView& tensor : checkpoint.tensors) {
    summary.n_parameters += tensor.n_elements();
  }
  for (const base::MappedFile& file : checkpoint.files) {
    summary.file_bytes += static_cast<std::int64_t>(file.bytes().size());
  }
  summary.n_tensors = static_cast<std::int64_t>(checkpoint.tensors.size());
  summary.n_files = static_cast<std::int64_t>(checkpoint.files.size());
  summary.encodings = count_encodings(checkpoint.tensors);
}

void describe_shape(const Checkpoint& checkpoint, CheckpointSummary& summary) {
  const Metadata& metadata = checkpoint.metadata;
  const std::string prefix = summary.architecture + ".";
  summary.context_length = metadata.integer(prefix + "context_length");
  summary.n_layers = metadata.integer(prefix + "block_count");
  summary.hidden_dim = metadata.integer(prefix + "embedding_length");
  summary.ffn_dim = largest(metadata, prefix + "feed_forward_length");
  summary.n_heads = largest(metadata, prefix + "attention.head_count");
  summary.n_kv_heads = largest(metadata, prefix + "attention.head_count_kv");
  if (summary.n_heads == 0) {  // a recurrent model
    summary.n_heads.reset();
    summary.n_kv_heads.reset();
  }
  if (!summary.n_kv_heads) {
    summary.n_kv_heads = summary.n_heads;
  }
  summary.n_experts = metadata.integer(prefix + "expert_count");
  summary.vocab_size = vocab_size(checkpoint, prefix);
}

bool has_chat_template(const Metadata& metadata) {
  // Besides the default one there may be named ones, tokenizer.chat_template.tool_use for instance.
  constexpr std::string_view kKey = "tokenizer.chat_template";
  const auto found = metadata.entries().lower_bound(kKey);
  return found != metadata.entries().end() && found->first.starts_with(kKey);
}

}  // namespace

CheckpointSummary describe(const Checkpoint& checkpoint) {
  const Metadata& metadata = checkpoint.metadata;
  CheckpointSummary summary;
  summary.container = checkpoint.container;
  summary.kind = metadata.text("general.type").value_or("model");
  summary.architecture = text_or_empty(metadata, "general.architecture");
  summary.name = text_or_empty(metadata, "general.name");
  describe_sizes(checkpoint, summary);
  if (checkpoint.convention == Convention::kHf) {
    describe_hf(checkpoint, summary);
    return summary;
  }
  if (checkpoint.convention == Convention::kRwkv) {
    describe_rwkv(checkpoint, summary);
    return summary;
  }
  if (checkpoint.convention == Convention::kGgml) {
    describe_ggml(checkpoint, summary);
    return summary;
  }
  describe_shape(checkpoint, summary);
  summary.tokenizer = text_or_empty(metadata, "tokenizer.ggml.model");
  summary.pre_tokenizer = text_or_empty(metadata, "tokenizer.ggml.pre");
  summary.has_chat_template = has_chat_template(metadata);
  return summary;
}

}  // namespace hearth::formats
