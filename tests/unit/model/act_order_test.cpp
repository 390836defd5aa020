// Experts in act-order: every matrix of a mixture reads its inputs in an order of its own.
//
// The Mixtral fixture is quantised here, once as GPTQ and once as the floats that those codes stand for: exact
// precision must give the same logits but for the order of sums, and fast precision must not depend on chunks and
// threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "base/float16.h"
#include "model/fixture.h"
#include "model/quantized_fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

using quant::BlockType;

struct Quantized {
  std::vector<std::uint32_t> words;   // [n_cols / 8, n_rows]
  std::vector<std::uint16_t> scales;  // [n_groups, n_rows]
  std::vector<std::int32_t> index;    // [n_cols]
  std::vector<float> values;          // [n_rows, n_cols]
};

Quantized quantize(const formats::TensorView& tensor, std::uint32_t seed) {
  const auto n_rows = static_cast<std::size_t>(tensor.shape[0]);
  const auto n_cols = static_cast<std::size_t>(tensor.shape[1]);
  Quantized out;
  out.values.resize(n_rows * n_cols);
  quant::info(tensor.type).dequantize_row(tensor.bytes.data(), out.values.data(), tensor.n_elements());
  std::vector<std::int32_t> order(n_cols);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  for (const std::int32_t place : order) {
    out.index.push_back(place / 32);
  }
  out.words.resize(n_cols / 8 * n_rows);
  out.scales.resize(n_cols / 32 * n_rows);
  for (std::size_t n = 0; n < n_rows; ++n) {
    float* row = &out.values[n * n_cols];
    for (std::size_t g = 0; g < n_cols / 32; ++g) {
      float most = 1e-3F;
      for (std::size_t k = 0; k < n_cols; ++k) {
        most = out.index[k] == static_cast<std::int32_t>(g) ? std::max(most, std::abs(row[k])) : most;
      }
      out.scales[g * n_rows + n] = base::f32_to_f16(most / 7.0F);
    }
    for (std::size_t k = 0; k < n_cols; ++k) {
      const float scale = base::f16_to_f32(out.scales[static_cast<std::size_t>(out.index[k]) * n_rows + n]);
      const float code = std::clamp(std::nearbyint(row[k] / scale), -8.0F, 7.0F);
      row[k] = code * scale;
      testing::put_number(out.words.data() + n, n_rows, k, 4, static_cast<std::uint32_t>(static_cast<int>(code) + 8));
    }
  }
  return out;
}

formats::Checkpoint quantized_mixtral(bool as_gptq) {
  auto opened = formats::open_checkpoint(std::string(HEARTH_GOLDEN_FOLDER) + "/hf-mixtral");
  EXPECT_TRUE(opened) << opened.error().message;
  formats::Checkpoint checkpoint = std::move(opened).value();
  const std::vector<formats::TensorView> tensors = std::exchange(checkpoint.tensors, {});
  const auto add = [&](std::string name, BlockType type, std::vector<std::int64_t> shape, const auto& values) {
    std::vector<std::byte>& bytes = checkpoint.owned.emplace_back(values.size() * sizeof(values[0]));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    checkpoint.tensors.push_back({std::move(name), type, std::move(shape), bytes, -1});
  };
  std::uint32_t seed = 0;
  for (const formats::TensorView& tensor : tensors) {
    const bool is_linear = tensor.shape.size() == 2 && (tensor.name.find(".experts.") != std::string::npos ||
                                                        tensor.name.find(".self_attn.") != std::string::npos);
    if (!is_linear) {
      checkpoint.tensors.push_back(tensor);
      continue;
    }
    const Quantized quantized = quantize(tensor, ++seed);
    const std::string stem = tensor.name.substr(0, tensor.name.size() - std::string_view("weight").size());
    const std::int64_t n_rows = tensor.shape[0];
    const std::int64_t n_cols = tensor.shape[1];
    if (as_gptq) {
      add(stem + "qweight", BlockType::kI32, {n_cols / 8, n_rows}, quantized.words);
      add(stem + "scales", BlockType::kF16, {n_cols / 32, n_rows}, quantized.scales);
      add(stem + "g_idx", BlockType::kI32, {n_cols}, quantized.index);
    } else {
      add(tensor.name, BlockType::kF32, {n_rows, n_cols}, quantized.values);
    }
  }
  if (as_gptq) {
    checkpoint.metadata.set("quantization_config.quant_method", {std::string("gptq")});
  }
  EXPECT_TRUE(checkpoint.index_tensors());
  return checkpoint;
}

LogitsReport report(bool as_gptq, Precision precision, int n_threads, std::int64_t chunk_rows) {
  cpu::ThreadPool pool(n_threads);
  auto model = load_model(quantized_mixtral(as_gptq), {.precision = precision, .context_size = 0}, pool,
                          testing::test_kernels());
  EXPECT_TRUE(model) << model.error().message;
  if (!model) {
    return {};
  }
  SingleSequence sequence = SingleSequence::create(**model, KvType::kF32, 64).value();
  std::vector<std::int32_t> prompt;
  for (int i = 0; i < 40; ++i) {
    prompt.push_back(i * 37 % 300 + 3);
  }
  return report_logits(sequence, prompt, chunk_rows, 4).value();
}

float difference(const LogitsReport& a, const LogitsReport& b) {
  float most = a.last_logits.size() == b.last_logits.size() && !a.last_logits.empty() ? 0.0F : INFINITY;
  for (std::size_t i = 0; i < std::min(a.last_logits.size(), b.last_logits.size()); ++i) {
    most = std::max(most, std::abs(a.last_logits[i] - b.last_logits[i]));
  }
  return most;
}

TEST(ActOrder, ExpertsComputeWhatTheirCodesStandFor) {
  const LogitsReport floats = report(false, Precision::kExact, 1, 512);
  const LogitsReport exact = report(true, Precision::kExact, 1, 512);
  EXPECT_LE(difference(floats, exact), 1e-4F);
  EXPECT_EQ(floats.generated, exact.generated);
  EXPECT_LE(difference(floats, report(true, Precision::kFast, 1, 512)), 0.15F);
}

TEST(ActOrder, ChunksAndThreadsChangeNothing) {
  for (const Precision precision : {Precision::kExact, Precision::kFast}) {
    const LogitsReport whole = report(true, precision, 1, 512);
    for (const int n_threads : {1, 2}) {
      for (const std::int64_t chunk_rows : {1, 5, 20}) {
        const LogitsReport other = report(true, precision, n_threads, chunk_rows);
        EXPECT_EQ(whole.last_logits, other.last_logits) << n_threads << " threads, chunks of " << chunk_rows;
        EXPECT_EQ(whole.generated, other.generated);
      }
    }
  }
}

}  // namespace
}  // namespace hearth::model
