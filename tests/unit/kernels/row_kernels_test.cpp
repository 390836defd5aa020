// Norms, activations, rope and softmax statistics on every level, against double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"
#include "kernels/test_matrix.h"

namespace hearth::kernels {
namespace {

class RowKernels : public testing::TestWithParam<cpu::IsaLevel> {
 protected:
  const KernelTable& table() const { return kernel_table(GetParam()); }
};

constexpr std::int64_t kLengths[] = {1, 7, 8, 15, 31, 64, 100, 576, 2051};

double silu(double x) {
  return x / (1 + std::exp(-x));
}

double gelu_tanh(double x) {
  return x / (1 + std::exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

double gelu_erf(double x) {
  return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
}

double relu(double x) {
  return x > 0 ? x : 0.0;
}

double relu_squared(double x) {
  return relu(x) * relu(x);
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST_P(RowKernels, RmsNorm) {
  for (const std::int64_t n : kLengths) {
    const auto x = random_floats(n, 1, 3.0F);
    const auto weight = random_floats(n, 2);
    double square = 0;
    for (const float value : x) {
      square += static_cast<double>(value) * static_cast<double>(value);
    }
    const double factor = 1 / std::sqrt(square / static_cast<double>(n) + 1e-5);
    std::vector<float> out(x.size() + 1, 42.0F);
    table().rms_norm(x.data(), weight.data(), 1e-5F, n, out.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = static_cast<double>(x[i]) * factor * static_cast<double>(weight[i]);
      EXPECT_NEAR(out[i], expected, 2e-6 * std::abs(expected));
    }
    EXPECT_EQ(out.back(), 42.0F);
    table().rms_norm(x.data(), nullptr, 1e-5F, n, out.data());
    EXPECT_NEAR(out[0], static_cast<double>(x[0]) * factor, 2e-6 * std::abs(static_cast<double>(x[0]) * factor));
  }
}

TEST_P(RowKernels, LayerNorm) {
  for (const std::int64_t n : kLengths) {
    auto x = random_floats(n, 3, 2.0F);
    const auto weight = random_floats(n, 4);
    const auto bias = random_floats(n, 5);
    double mean = 0;
    for (const float value : x) {
      mean += static_cast<double>(value);
    }
    mean /= static_cast<double>(n);
    double variance = 0;
    for (const float value : x) {
      variance += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
    }
    const double factor = 1 / std::sqrt(variance / static_cast<double>(n) + 1e-5);
    const auto source = x;
    table().layer_norm(x.data(), weight.data(), bias.data(), 1e-5F, n, x.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = (static_cast<double>(source[i]) - mean) * factor * static_cast<double>(weight[i]) +
                              static_cast<double>(bias[i]);
      EXPECT_NEAR(x[i], expected, 3e-6 * (1 + std::abs(expected))) << "n " << n;
    }
  }
}

TEST_P(RowKernels, ElementWise) {
  for (const std::int64_t n : kLengths) {
    const auto a = random_floats(n, 6);
    const auto b = random_floats(n, 7);
    std::vector<float> out(a.size() + 1, 42.0F);
    table().add(a.data(), b.data(), n, out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(out[i], a[i] + b[i]);
    }
    EXPECT_EQ(out.back(), 42.0F);
    table().scale(a.data(), 1.5F, n, out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(out[i], a[i] * 1.5F);
    }
    auto y = b;
    table().axpy(0.3F, a.data(), n, y.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(y[i], 0.3F * a[i] + b[i], 1e-6F);
    }
  }
}

TEST_P(RowKernels, Activations) {
  std::vector<float> x{0.0F, 1e-6F, -1e-6F, 1e-3F, -1e-3F, 90.0F, -90.0F, 1e10F, -1e10F};
  for (float value = -30.0F; value < 30.0F; value += 0.0137F) {
    x.push_back(value);
  }
  const auto n = static_cast<std::int64_t>(x.size());
  const auto up = random_floats(n, 8);
  struct Row {
    Activation kind;
    double (*function)(double);
    double tolerance;
  };
  // The tails of gelu multiply the rounding of an exponent of up to 87 into the result.
  const Row rows[] = {{Activation::kSilu, silu, 1e-6},
                      {Activation::kGeluTanh, gelu_tanh, 3e-5},
                      {Activation::kGeluErf, gelu_erf, 3e-5},
                      {Activation::kRelu, relu, 0},
                      {Activation::kReluSquared, relu_squared, 1e-6},
                      {Activation::kSigmoid, sigmoid, 1e-6},
                      {Activation::kTanh, std::tanh, 1e-6}};
  for (const Row& row : rows) {
    std::vector<float> out(x.size());
    table().activate(row.kind, x.data(), n, out.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = row.function(static_cast<double>(x[i]));
      const double tolerance = std::abs(x[i]) < 5 ? row.tolerance / 10 : row.tolerance;
      EXPECT_NEAR(out[i], expected, std::max(tolerance, 1e-6) * std::abs(expected) + 1e-35) << "f(" << x[i] << ")";
    }
    std::vector<float> gated(x.size());
    table().activate_multiply(row.kind, x.data(), up.data(), n, gated.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(gated[i], out[i] * up[i]);
    }
  }
}

TEST_P(RowKernels, Exp) {
  std::vector<float> x{0.0F, -200.0F};
  for (float value = -80.0F; value < 80.0F; value += 0.137F) {
    x.push_back(value);
  }
  std::vector<float> out(x.size());
  table().activate(Activation::kExp, x.data(), static_cast<std::int64_t>(x.size()), out.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    EXPECT_NEAR(out[i], expected, 3e-7 * expected + 1e-40) << x[i];
  }
}

TEST_P(RowKernels, Softcap) {
  std::vector<float> x{1e-5F, 0.0F};
  for (float value = -200.0F; value < 200.0F; value += 0.173F) {
    x.push_back(value);
  }
  std::vector<float> out(x.size());
  table().softcap(x.data(), 30.0F, static_cast<std::int64_t>(x.size()), out.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = 30 * std::tanh(static_cast<double>(x[i]) / 30);
    EXPECT_NEAR(out[i], expected, 1e-6 * std::abs(expected));
  }
}

TEST_P(RowKernels, Rope) {
  for (const std::int32_t n_rotated : {2, 6, 16, 32, 64}) {
    for (const bool interleaved : {false, true}) {
      const auto head = random_floats(64, 9);
      std::vector<float> cos;
      std::vector<float> sin;
      for (const float angle : random_floats(n_rotated / 2, 10, 3.0F)) {
        cos.push_back(std::cos(angle));
        sin.push_back(std::sin(angle));
      }
      auto out = head;
      table().rope(out.data(), {cos.data(), sin.data(), n_rotated, interleaved});
      for (std::int32_t i = 0; i < n_rotated / 2; ++i) {
        const auto pair = static_cast<std::size_t>(i);
        const auto a = static_cast<std::size_t>(interleaved ? 2 * i : i);
        const auto b = static_cast<std::size_t>(interleaved ? 2 * i + 1 : i + n_rotated / 2);
        EXPECT_EQ(out[a], head[a] * cos[pair] - head[b] * sin[pair]);
        EXPECT_EQ(out[b], head[b] * cos[pair] + head[a] * sin[pair]);
      }
      for (auto i = static_cast<std::size_t>(n_rotated); i < 64; ++i) {
        EXPECT_EQ(out[i], head[i]);
      }
    }
  }
}

TEST_P(RowKernels, SoftmaxStatistics) {
  for (const std::int64_t n : kLengths) {
    const auto x = random_floats(n, 11, 5.0F);
    const auto largest = std::max_element(x.begin(), x.end());
    EXPECT_EQ(table().max_value(x.data(), n), *largest);
    EXPECT_EQ(table().argmax(x.data(), n), largest - x.begin());
    double sum = 0;
    for (const float value : x) {
      sum += std::exp(static_cast<double>(value) - static_cast<double>(*largest));
    }
    EXPECT_NEAR(table().sum_exp(x.data(), *largest, n), sum, 1e-6 * sum);
  }
  const std::vector<float> ties{1.0F, 3.0F, NAN, 3.0F, -INFINITY, 2.0F, 3.0F, 0.0F, 1.0F, 3.0F};
  EXPECT_EQ(table().argmax(ties.data(), 10), 1);
  EXPECT_EQ(table().max_value(ties.data(), 10), 3.0F);
}

INSTANTIATE_TEST_SUITE_P(Levels, RowKernels,
                         testing::ValuesIn(cpu::available_levels().begin(), cpu::available_levels().end()),
                         [](const testing::TestParamInfo<cpu::IsaLevel>& info) { return level_name(info.param); });

}  // namespace
}  // namespace hearth::kernels
