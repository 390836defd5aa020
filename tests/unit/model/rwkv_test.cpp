// The RWKV forward pass beyond the golden fixtures: batches of several sequences, halved residual streams, bad files.
#include "model/rwkv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "model/fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

const std::vector<std::int32_t> kTokens = {17, 42, 5, 99, 200, 33, 64, 7, 120, 3};

std::vector<float> last_logits(Model& model, std::span<const std::int32_t> tokens) {
  SingleSequence sequence = SingleSequence::create(model, KvType::kF32, 64).value();
  std::vector<float> result;
  EXPECT_TRUE(sequence.feed(tokens, 512, /*only_last=*/true, [&](std::int64_t, std::span<const float> logits) {
    result.assign(logits.begin(), logits.end());
  }));
  return result;
}

// A copy whose tensors may be changed; `source` keeps the files open.
formats::Checkpoint editable(const formats::Checkpoint& source) {
  formats::Checkpoint copy;
  copy.convention = source.convention;
  copy.metadata = source.metadata;
  copy.tensors = source.tensors;
  for (formats::TensorView& tensor : copy.tensors) {
    tensor.file_index = -1;
  }
  return copy;
}

formats::TensorView& tensor_of(formats::Checkpoint& checkpoint, std::string_view name) {
  const auto found = std::ranges::find(checkpoint.tensors, name, &formats::TensorView::name);
  EXPECT_NE(found, checkpoint.tensors.end()) << name;
  return *found;
}

Result<std::unique_ptr<Model>> load(formats::Checkpoint checkpoint, cpu::ThreadPool& pool) {
  EXPECT_TRUE(checkpoint.index_tensors());
  return load_model(std::move(checkpoint), {.precision = Precision::kExact}, pool, testing::test_kernels());
}

std::string load_error(formats::Checkpoint checkpoint, ErrorCode code) {
  cpu::ThreadPool pool(1);
  const auto model = load(std::move(checkpoint), pool);
  EXPECT_FALSE(model);
  EXPECT_EQ(model.error().code, code);
  return model.error().message;
}

class RwkvBatch : public ::testing::TestWithParam<std::string> {};

// Three sequences of different lengths, one of which goes on where it was: the rows of a batch know nothing of each
// other.
TEST_P(RwkvBatch, SequencesAreIndependent) {
  cpu::ThreadPool pool(2);
  const auto model = testing::load_fixture(GetParam(), pool);
  const std::span tokens(kTokens);
  const std::vector<std::span<const std::int32_t>> parts = {tokens.first(4), tokens.subspan(2, 1), tokens.subspan(3)};
  std::vector<std::vector<float>> states(parts.size(),
                                         std::vector<float>(static_cast<std::size_t>(model->state_floats()), NAN));
  const auto step = [&](const std::vector<std::size_t>& which, std::int64_t position,
                        const std::vector<std::span<const std::int32_t>>& rows) {
    std::vector<std::int32_t> all;
    std::vector<StepSequence> sequences;
    std::vector<std::int32_t> logit_rows;
    for (std::size_t i = 0; i < which.size(); ++i) {
      StepSequence sequence;
      sequence.first_row = static_cast<std::int32_t>(all.size());
      sequence.n_rows = static_cast<std::int32_t>(rows[i].size());
      sequence.first_position = position;
      sequence.state = states[which[i]].data();
      sequences.push_back(sequence);
      all.insert(all.end(), rows[i].begin(), rows[i].end());
      logit_rows.push_back(static_cast<std::int32_t>(all.size()) - 1);
    }
    std::vector<float> logits(which.size() * static_cast<std::size_t>(model->n_vocab()));
    model->step({.tokens = all, .sequences = sequences, .logit_rows = logit_rows, .kv = {}}, logits.data());
    return logits;
  };
  const auto n_vocab = static_cast<std::size_t>(model->n_vocab());
  const auto row = [&](const std::vector<float>& logits, std::size_t i) {
    return std::vector(logits.begin() + static_cast<std::ptrdiff_t>(i * n_vocab),
                       logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * n_vocab));
  };
  step({0}, 0, {parts[0].first(2)});
  step({2}, 0, {parts[2].first(2)});
  const std::vector<float> logits = step({2, 0}, 2, {parts[2].subspan(2), parts[0].subspan(2)});
  const std::vector<float> alone = step({1}, 0, {parts[1]});
  EXPECT_EQ(row(logits, 0), last_logits(*model, parts[2]));
  EXPECT_EQ(row(logits, 1), last_logits(*model, parts[0]));
  EXPECT_EQ(alone, last_logits(*model, parts[1]));
}

INSTANTIATE_TEST_SUITE_P(Versions, RwkvBatch, ::testing::Values("rwkv-v6-gguf", "rwkv-v7-gguf"),
                         [](const ::testing::TestParamInfo<std::string>& info) { return info.param.substr(5, 2); });

TEST(Rwkv, KeepsAStateInsteadOfACache) {
  cpu::ThreadPool pool(1);
  const auto model = testing::load_fixture("rwkv-v6-gguf", pool);
  EXPECT_TRUE(model->kv_groups().empty());
  EXPECT_EQ(model->state_floats(), 2 * (2 * 64 + 64 * 32));
  EXPECT_EQ(model->spec().n_layers, 2);
  EXPECT_EQ(model->context_size(), kDefaultContext);
}

// A file whose weights are scaled down for fp16 computes the same.
TEST(Rwkv, HalvesTheResidualStreamWhereTheFileDoes) {
  cpu::ThreadPool pool(1);
  const formats::Checkpoint source = testing::open_fixture("rwkv-v6-gguf");
  const auto plain = load(editable(source), pool);
  formats::Checkpoint scaled = editable(source);
  scaled.metadata.set("rwkv6.rescale_every_n_layers", {std::int64_t{1}});
  for (const std::string_view name : {"blk.1.time_mix_output.weight", "blk.1.channel_mix_value.weight"}) {
    formats::TensorView& tensor = tensor_of(scaled, name);
    ASSERT_EQ(tensor.type, quant::BlockType::kBf16);
    std::vector<std::byte>& bytes = scaled.owned.emplace_back(tensor.bytes.begin(), tensor.bytes.end());
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
      std::uint16_t half = 0;
      std::memcpy(&half, bytes.data() + i, 2);
      const bool is_zero = (half & 0x7F80U) == 0;
      half = is_zero ? half : static_cast<std::uint16_t>(half - 0x80U);  // one less in the exponent
      std::memcpy(bytes.data() + i, &half, 2);
    }
    tensor.bytes = bytes;
  }
  const auto halved = load(std::move(scaled), pool);
  ASSERT_TRUE(plain && halved);
  const std::vector<float> expected = last_logits(**plain, kTokens);
  const std::vector<float> found = last_logits(**halved, kTokens);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-3F) << i;
  }
}

TEST(Rwkv, BadFilesAreNamed) {
  const formats::Checkpoint source = testing::open_fixture("rwkv-v7-gguf");
  formats::Checkpoint missing = editable(source);
  std::erase_if(missing.tensors, [](const formats::TensorView& t) { return t.name == "blk.1.time_mix_k_a.weight"; });
  EXPECT_EQ(load_error(std::move(missing), ErrorCode::kCorruptFile), "tensor blk.1.time_mix_k_a.weight is missing");

  formats::Checkpoint unknown = editable(source);
  unknown.tensors.push_back(unknown.tensors.front());
  unknown.tensors.back().name = "blk.0.mystery.weight";
  EXPECT_EQ(load_error(std::move(unknown), ErrorCode::kUnsupported),
            "tensor blk.0.mystery.weight is not known to this version of RWKV; the model would compute something else");

  struct Row {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  for (const Row& row : {Row{"blk.0.time_mix_receptance.weight", {64, 256}}, Row{"blk.1.time_mix_w1.weight", {4096}},
                         Row{"blk.1.time_mix_w2.weight", {32, 128}}, Row{"blk.0.time_mix_ln.weight", {64}},
                         Row{"token_embd.weight", {640, 64}}}) {
    formats::Checkpoint wrong = editable(source);
    tensor_of(wrong, row.name).shape = row.shape;
    EXPECT_NE(load_error(std::move(wrong), ErrorCode::kCorruptFile).find("tensor " + row.name + ": expected"),
              std::string::npos)
        << row.name;
  }
}

TEST(Rwkv, FirstLayerNeedsNoValueLora) {
  cpu::ThreadPool pool(1);
  const formats::Checkpoint source = testing::open_fixture("rwkv-v7-gguf");
  formats::Checkpoint without = editable(source);
  std::erase_if(without.tensors, [](const formats::TensorView& t) { return t.name.starts_with("blk.0.time_mix_v"); });
  without.tensors.push_back(*source.find("blk.0.time_mix_value.weight"));
  const auto with_unused = load(editable(source), pool);
  const auto model = load(std::move(without), pool);
  ASSERT_TRUE(with_unused && model) << model.error().message;
  EXPECT_EQ(last_logits(**model, kTokens), last_logits(**with_unused, kTokens));
}

}  // namespace
}  // namespace hearth::model
