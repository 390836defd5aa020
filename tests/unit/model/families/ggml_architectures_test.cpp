// ggml files of the architectures that no golden fixture has: written here from fixtures of the same model in another
// container, as the converters of 2023 did, they must give the logits of that fixture's reference.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "formats/ggml.h"
#include "formats/ggml_builder.h"
#include "model/fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

using formats::GgmlBuilder;
using formats::TensorView;
using Order = std::vector<std::int64_t>;

constexpr std::int32_t kVocabulary = 320;
constexpr std::int64_t kHeadDim = 16;

std::string golden(const std::string& path) {
  return std::string(HEARTH_GOLDEN_FOLDER) + "/" + path;
}

Order as_stored(std::int64_t n_rows) {
  Order order;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    order.push_back(row);
  }
  return order;
}

// Rows stored per key head (its query heads, key, value) become all of query, all of key, all of value.
Order regrouped(std::int64_t n_kv_heads, std::int64_t queries_per_kv) {
  Order order;
  const auto append = [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t group = 0; group < n_kv_heads; ++group) {
      for (std::int64_t row = 0; row < count * kHeadDim; ++row) {
        order.push_back((group * (queries_per_kv + 2) + first) * kHeadDim + row);
      }
    }
  };
  append(0, queries_per_kv);
  append(queries_per_kv, 1);
  append(queries_per_kv + 1, 1);
  return order;
}

// `order` of the rows of query_key_value; the values of a vector count as rows.
void put_tensor(GgmlBuilder& builder, const std::string& name, const TensorView& tensor, const Order& qkv,
                std::size_t alignment) {
  std::vector<float> values(static_cast<std::size_t>(tensor.n_elements()));
  quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  const std::int64_t n_rows = tensor.shape.front();
  const std::int64_t n_cols = tensor.n_elements() / n_rows;
  const bool is_qkv = name.find("query_key_value") != std::string::npos;
  std::vector<std::int32_t> ne;
  for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) {
    ne.push_back(static_cast<std::int32_t>(*extent));
  }
  builder.head(name, 0, ne).align(alignment);
  for (const std::int64_t row : is_qkv ? qkv : as_stored(n_rows)) {
    for (std::int64_t column = 0; column < n_cols; ++column) {
      builder.put(values[static_cast<std::size_t>(row * n_cols + column)]);
    }
  }
}

void put_vocabulary(GgmlBuilder& builder, bool with_scores, const char* first = "token 0") {
  builder.text(first);
  for (std::int32_t id = 0; id < kVocabulary; ++id) {
    if (id > 0) {
      builder.text("token " + std::to_string(id));
    }
    if (with_scores) {
      builder.put(0.0F);
    }
  }
}

// Exact logits and greedy tokens of the file against the reference of `fixture`.
void expect_reference(const GgmlBuilder& builder, const std::string& fixture, const std::string& architecture) {
  const formats::NamedBytes part{"file", formats::bytes_of(builder.bytes())};
  auto checkpoint = formats::read_ggml({&part, 1});
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->metadata.text("general.architecture"), architecture);
  for (TensorView& tensor : checkpoint->tensors) {
    tensor.file_index = -1;  // no file is mapped
  }
  cpu::ThreadPool pool(1);
  auto model = load_model(*std::move(checkpoint), {.precision = Precision::kExact}, pool, testing::test_kernels());
  ASSERT_TRUE(model) << model.error().message;
  std::ifstream file(golden(fixture + "/expected.json"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const base::Json expected = base::parse_json(text).value();
  SingleSequence sequence = SingleSequence::create(**model, KvType::kF32, 64).value();
  const auto prompt = expected.at("prompt_ids").get<std::vector<std::int32_t>>();
  const LogitsReport report = report_logits(sequence, prompt, 64, 16).value();
  const auto logits = expected.at("last_logits").get<std::vector<float>>();
  ASSERT_EQ(report.last_logits.size(), logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    ASSERT_NEAR(report.last_logits[i], logits[i], expected.at("tolerance").at("max_abs").get<float>()) << i;
  }
  EXPECT_EQ(report.generated, expected.at("greedy").get<std::vector<std::int32_t>>());
}

std::string replaced(std::string text, const std::vector<std::pair<std::string, std::string>>& parts) {
  for (const auto& [from, to] : parts) {
    if (const std::size_t at = text.find(from); at != std::string::npos) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

TEST(GgmlArchitectures, BloomHasQueryKeyAndValueRegrouped) {
  const auto source = formats::open_checkpoint(golden("hf-bloom"));
  ASSERT_TRUE(source) << source.error().message;
  GgmlBuilder builder;
  builder.put(formats::kGgmlMagic).ints({kVocabulary, 64, 1, 4, 2, 0});
  put_vocabulary(builder, false);
  for (const TensorView& tensor : source->tensors) {
    const std::string name = replaced(tensor.name, {{"transformer.", ""},
                                                    {"h.", "layers."},
                                                    {"word_embeddings_layernorm", "norm"},
                                                    {"word_embeddings", "tok_embeddings"},
                                                    {"input_layernorm", "attention_norm"},
                                                    {"self_attention.query_key_value", "attention.query_key_value"},
                                                    {"self_attention.dense", "attention.wo"},
                                                    {"post_attention_layernorm", "ffn_norm"},
                                                    {"mlp.dense_h_to_4h", "feed_forward.w1"},
                                                    {"mlp.dense_4h_to_h", "feed_forward.w2"},
                                                    {"ln_f", "output_norm"}});
    put_tensor(builder, name, tensor, regrouped(4, 1), 1);
  }
  expect_reference(builder, "hf-bloom", "bloom");
}

TEST(GgmlArchitectures, FalconHasQueryKeyAndValueRegrouped) {
  const auto source = formats::open_checkpoint(golden("hf-falcon"));
  ASSERT_TRUE(source) << source.error().message;
  GgmlBuilder builder;
  builder.put(formats::kGgjtMagic).put(3).ints({kVocabulary, 64, 4, 1, 2, 7, 0});
  put_vocabulary(builder, true);
  for (const TensorView& tensor : source->tensors) {
    put_tensor(builder, tensor.name, tensor, regrouped(1, 4), 32);
  }
  expect_reference(builder, "hf-falcon", "falcon");
}

TEST(GgmlArchitectures, ReplitIsMptWithScores) {
  const auto source = formats::open_checkpoint(golden("hf-mpt"));
  ASSERT_TRUE(source) << source.error().message;
  GgmlBuilder builder;
  builder.put(formats::kGgmlMagic).ints({64, 256, 4, 2, kVocabulary, 0});
  put_vocabulary(builder, true);
  for (const TensorView& tensor : source->tensors) {
    put_tensor(builder, tensor.name, tensor, {}, 1);
  }
  expect_reference(builder, "hf-mpt", "replit");
}

TEST(GgmlArchitectures, StarcoderRepeatsItsKeyAndValueHead) {
  const auto source = formats::open_checkpoint(golden("ggml-gpt-bigcode/model.bin"));
  ASSERT_TRUE(source) << source.error().message;
  GgmlBuilder builder;
  builder.put(formats::kGgmlMagic).ints({kVocabulary, 256, 64, 4, 2, 0, kVocabulary});
  put_vocabulary(builder, false, "<fim_prefix>");
  for (const TensorView& tensor : source->tensors) {
    put_tensor(builder, tensor.name, tensor, {}, 1);
  }
  expect_reference(builder, "ggml-gpt-bigcode", "starcoder");
}

}  // namespace
}  // namespace hearth::model
