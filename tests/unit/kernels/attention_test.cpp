// Attention and the KV cache on every level: against double, and row by row against any tiling.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

#include "kernels/kernels.h"
#include "kernels/test_matrix.h"

namespace hearth::kernels {
namespace {

struct Options {
  std::int32_t head_dim = 64;
  std::int32_t n_heads = 3;
  std::int32_t window = 0;
  float softcap = 0;
  bool alibi = false;
  bool late_rope = false;
  bool interleaved = false;
};

// A cache of one layer and one KV head whose blocks lie in shuffled order, and the queries that read it.
class Scene {
 public:
  Scene(const KernelTable& table, KvType type, std::int64_t n_positions, const Options& options)
      : table_(table), options_(options) {
    const std::int32_t dim = options.head_dim;
    kv_.type = type;
    kv_.head_dim = dim;
    kv_.n_kv_heads = 1;
    kv_.head_bytes = kv_head_bytes(type, dim);
    kv_.value_offset = kv_.head_bytes;
    kv_.layer_bytes = 2 * kv_.head_bytes;
    kv_.block_bytes = kv_.layer_bytes;
    const std::int64_t n_blocks = (n_positions + 31) / 32;
    block_table_.resize(static_cast<std::size_t>(n_blocks));
    std::iota(block_table_.begin(), block_table_.end(), 0);
    std::shuffle(block_table_.begin(), block_table_.end(), std::mt19937(5));
    // What was never written reads as NaN: a masked position that leaks into a result shows.
    cache_.assign(static_cast<std::size_t>(n_blocks * kv_.block_bytes), 0xFF);
    kv_.base = cache_.data();
    keys_ = random_floats(n_positions * dim, 11);
    values_ = random_floats(n_positions * dim, 12);
    queries_ = random_floats(n_positions * options.n_heads * dim, 13);
    for (std::int32_t head = 0; head < options.n_heads; ++head) {
      slopes_.push_back(std::exp2(-static_cast<float>(head + 1)));
    }
    for (const float angle : random_floats(n_positions * dim / 2, 14)) {
      cos_.push_back(std::cos(angle));
      sin_.push_back(std::sin(angle));
    }
  }

  void store(std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      table_.store_kv({&kv_, 0, 0, block_table_[static_cast<std::size_t>(p / 32)], static_cast<std::int32_t>(p % 32),
                       keys_.data() + p * options_.head_dim, values_.data() + p * options_.head_dim});
    }
  }

  // Rows of positions [begin, end): [end - begin, n_heads, head_dim].
  std::vector<float> attend(std::int64_t begin, std::int64_t end) const {
    const std::int64_t stride = static_cast<std::int64_t>(options_.n_heads) * options_.head_dim;
    std::vector<float> out(static_cast<std::size_t>((end - begin) * stride), NAN);
    AttentionTask task;
    task.kv = &kv_;
    task.block_table = block_table_.data();
    task.queries = queries_.data() + begin * stride;
    task.out = out.data();
    task.row_stride = stride;
    task.n_rows = static_cast<std::int32_t>(end - begin);
    task.n_heads = options_.n_heads;
    task.first_position = begin;
    task.window = options_.window;
    task.scale = scale();
    task.softcap = options_.softcap;
    task.alibi_slopes = options_.alibi ? slopes_.data() : nullptr;
    if (options_.late_rope) {
      task.key_cos = cos_.data();
      task.key_sin = sin_.data();
      task.n_rotated = options_.head_dim;
      task.interleaved = options_.interleaved;
    }
    std::vector<unsigned char> scratch(static_cast<std::size_t>(table_.attention_scratch_bytes(task)));
    table_.attention(task, scratch.data());
    return out;
  }

  // What the row at `position` must be, in double.
  std::vector<double> expected(std::int64_t position, std::int32_t head) const {
    const std::int32_t dim = options_.head_dim;
    const std::int64_t begin = options_.window > 0 ? std::max<std::int64_t>(0, position + 1 - options_.window) : 0;
    std::vector<double> scores;
    for (std::int64_t p = begin; p <= position; ++p) {
      scores.push_back(score(position, head, p));
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    std::vector<double> out(static_cast<std::size_t>(dim));
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double e = std::exp(scores[i] - largest);
      const float* value = values_.data() + (begin + static_cast<std::int64_t>(i)) * dim;
      sum += e;
      for (std::size_t d = 0; d < out.size(); ++d) {
        out[d] += e * static_cast<double>(value[d]);
      }
    }
    for (double& value : out) {
      value /= sum;
    }
    return out;
  }

 private:
  float scale() const { return 1.0F / std::sqrt(static_cast<float>(options_.head_dim)); }

  double score(std::int64_t position, std::int32_t head, std::int64_t p) const {
    const std::int32_t dim = options_.head_dim;
    const float* query = queries_.data() + (position * options_.n_heads + head) * dim;
    const auto key = rotated_key(p);
    double out = 0;
    for (std::int32_t d = 0; d < dim; ++d) {
      out += static_cast<double>(query[d]) * key[static_cast<std::size_t>(d)];
    }
    out *= static_cast<double>(scale());
    if (options_.softcap > 0) {
      out = options_.softcap * std::tanh(out / options_.softcap);
    }
    if (options_.alibi) {
      out += static_cast<double>(slopes_[static_cast<std::size_t>(head)]) * static_cast<double>(p - position);
    }
    return out;
  }

  std::vector<double> rotated_key(std::int64_t p) const {
    const std::int32_t dim = options_.head_dim;
    std::vector<double> key(keys_.begin() + p * dim, keys_.begin() + (p + 1) * dim);
    for (std::int32_t i = 0; options_.late_rope && i < dim / 2; ++i) {
      const auto a = static_cast<std::size_t>(options_.interleaved ? 2 * i : i);
      const auto b = static_cast<std::size_t>(options_.interleaved ? 2 * i + 1 : i + dim / 2);
      const double c = cos_[static_cast<std::size_t>(p * dim / 2 + i)];
      const double s = sin_[static_cast<std::size_t>(p * dim / 2 + i)];
      const double x = key[a];
      key[a] = x * c - key[b] * s;
      key[b] = key[b] * c + x * s;
    }
    return key;
  }

  const KernelTable& table_;
  Options options_;
  KvView kv_;
  std::vector<std::int32_t> block_table_;
  std::vector<unsigned char> cache_;
  std::vector<float> keys_;
  std::vector<float> values_;
  std::vector<float> queries_;
  std::vector<float> slopes_;
  std::vector<float> cos_;
  std::vector<float> sin_;
};

using Case = std::tuple<cpu::IsaLevel, KvType>;

class Attention : public testing::TestWithParam<Case> {
 protected:
  const KernelTable& table() const { return kernel_table(std::get<0>(GetParam())); }
  KvType type() const { return std::get<1>(GetParam()); }
  double tolerance() const { return type() == KvType::kF32 ? 3e-6 : (type() == KvType::kF16 ? 3e-3 : 4e-2); }

  void expect_near_double(std::int64_t n_positions, const Options& options) const {
    Scene scene(table(), type(), n_positions, options);
    scene.store(0, n_positions);
    const std::int64_t begin = std::max<std::int64_t>(0, n_positions - 9);
    const auto out = scene.attend(begin, n_positions);
    for (std::int64_t p = begin; p < n_positions; ++p) {
      for (std::int32_t head = 0; head < options.n_heads; ++head) {
        const auto expected = scene.expected(p, head);
        for (std::size_t d = 0; d < expected.size(); ++d) {
          const auto at = static_cast<std::size_t>((p - begin) * options.n_heads + head) * expected.size() + d;
          ASSERT_NEAR(out[at], expected[d], tolerance()) << "position " << p << " head " << head << " dim " << d;
        }
      }
    }
  }
};

TEST_P(Attention, MatchesDouble) {
  for (const std::int64_t n : {1, 31, 32, 33, 256, 257, 600}) {
    expect_near_double(n, {});
  }
}

TEST_P(Attention, MatchesDoubleForEveryHeadShape) {
  for (const std::int32_t head_dim : {4, 8, 20, 80, 128, 256}) {
    expect_near_double(70, {.head_dim = head_dim, .n_heads = 1});
  }
  for (const std::int32_t n_heads : {2, 4, 5, 7, 32}) {
    expect_near_double(70, {.n_heads = n_heads});
  }
}

TEST_P(Attention, MatchesDoubleWithWindows) {
  for (const std::int32_t window : {1, 5, 32, 100, 256, 300}) {
    expect_near_double(700, {.window = window});
  }
}

TEST_P(Attention, MatchesDoubleWithSoftcapAndAlibi) {
  expect_near_double(300, {.softcap = 5.0F});
  expect_near_double(300, {.alibi = true});
}

TEST_P(Attention, TurnsKeysThatWereStoredUnrotated) {
  expect_near_double(300, {.late_rope = true});
  expect_near_double(300, {.late_rope = true, .interleaved = true});
}

// A row alone, seeing only what was stored before it, equals the row inside any chunk.
TEST_P(Attention, RowsDoNotDependOnChunksOrNeighbours) {
  for (const std::int32_t window : {0, 40}) {
    const Options options{.n_heads = 3, .window = window};
    const std::int64_t n = 560;
    Scene decode(table(), type(), n, options);
    std::vector<float> alone;
    for (std::int64_t p = 0; p < n; ++p) {
      decode.store(p, p + 1);
      const auto out = decode.attend(p, p + 1);
      alone.insert(alone.end(), out.begin(), out.end());
    }
    for (const std::int64_t chunk : {7, 32, 33, 512, 560}) {
      Scene prefill(table(), type(), n, options);
      std::vector<float> chunked;
      for (std::int64_t p = 0; p < n; p += chunk) {
        const std::int64_t end = std::min(n, p + chunk);
        prefill.store(p, end);
        const auto out = prefill.attend(p, end);
        chunked.insert(chunked.end(), out.begin(), out.end());
      }
      ASSERT_EQ(chunked.size(), alone.size());
      ASSERT_EQ(std::memcmp(chunked.data(), alone.data(), alone.size() * 4), 0)
          << "chunks of " << chunk << ", window " << window;
    }
  }
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  constexpr const char* kTypes[] = {"_f32", "_f16", "_q8_0"};
  return level_name(std::get<0>(info.param)) + kTypes[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(Levels, Attention,
                         testing::Combine(testing::ValuesIn(cpu::available_levels().begin(),
                                                            cpu::available_levels().end()),
                                          testing::Values(KvType::kF32, KvType::kF16, KvType::kQ8_0)),
                         case_name);

}  // namespace
}  // namespace hearth::kernels
