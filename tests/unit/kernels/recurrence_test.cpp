// The recurrences of RWKV on every level, against the formulas in double; rows of 8, 32, 64 and a length that fills no
// vector.
#include "kernels/recurrence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/test_matrix.h"

namespace hearth::kernels {
namespace {

class Recurrence : public testing::TestWithParam<cpu::IsaLevel> {
 protected:
  const KernelTable& table() const { return kernel_table(GetParam()); }
};

constexpr std::int64_t kLengths[] = {5, 8, 32, 64};
constexpr int kRows = 6;

using Values = std::vector<double>;

Values widen(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

std::vector<float> between_0_and_1(std::int64_t n, std::uint32_t seed) {
  std::vector<float> values = random_floats(n, seed);
  for (float& value : values) {
    value = 1 / (1 + std::exp(-value));
  }
  return values;
}

void expect_near(const std::vector<float>& values, const Values& expected, double tolerance) {
  ASSERT_GE(values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << i;
  }
}

TEST_P(Recurrence, Wkv4IsTheWeightedMeanOfAllValues) {
  for (const std::int64_t n : kLengths) {
    const auto size = static_cast<std::size_t>(n);
    auto decay = between_0_and_1(n, 1);
    for (float& value : decay) {
      value = -value;
    }
    const auto first = random_floats(n, 2);
    std::vector<float> numerator(size, 0.0F);
    std::vector<float> denominator(size, 0.0F);
    std::vector<float> exponent(size, -1e30F);
    std::vector<float> out(size + 1, 42.0F);
    std::vector<Values> keys;
    std::vector<Values> values;
    for (int row = 0; row < kRows; ++row) {
      // Keys far from zero: without the running maximum exp() would overflow.
      const auto key = random_floats(n, 10 + static_cast<std::uint32_t>(row), 60.0F);
      const auto value = random_floats(n, 30 + static_cast<std::uint32_t>(row));
      keys.push_back(widen(key));
      values.push_back(widen(value));
      table().wkv4({.key = key.data(),
                    .value = value.data(),
                    .decay = decay.data(),
                    .first = first.data(),
                    .numerator = numerator.data(),
                    .denominator = denominator.data(),
                    .exponent = exponent.data(),
                    .out = out.data()},
                   n);
      Values expected(size);
      for (std::size_t i = 0; i < size; ++i) {
        double above = 0;
        double below = 0;
        for (int past = 0; past <= row; ++past) {
          const auto at = static_cast<std::size_t>(past);
          const double shift = past == row ? first[i] : (row - 1 - past) * static_cast<double>(decay[i]);
          const double weight = std::exp(keys[at][i] + shift);
          above += weight * values[at][i];
          below += weight;
        }
        expected[i] = above / below;
      }
      expect_near(out, expected, 2e-5);
      EXPECT_EQ(out.back(), 42.0F);
    }
  }
}

TEST_P(Recurrence, WkvDecaysItsStateByKey) {
  for (const std::int64_t n : kLengths) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<float> state(size * size + 1, 0.0F);
    state.back() = 42.0F;
    Values expected_state(size * size);
    for (int row = 0; row < kRows; ++row) {
      const auto seed = static_cast<std::uint32_t>(10 * row);
      const auto receptance = random_floats(n, seed + 1);
      const auto key = random_floats(n, seed + 2);
      const auto value = random_floats(n, seed + 3);
      const auto first = random_floats(n, seed + 4);
      const auto decay = between_0_and_1(n, seed + 5);
      std::vector<float> out(size + 1, 42.0F);
      table().wkv({.receptance = receptance.data(),
                   .key = key.data(),
                   .value = value.data(),
                   .decay = decay.data(),
                   .first = first.data(),
                   .state = state.data(),
                   .out = out.data()},
                  n);
      Values expected(size);
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j < size; ++j) {
          const double added = static_cast<double>(key[i]) * static_cast<double>(value[j]);
          double& at = expected_state[i * size + j];
          expected[j] += static_cast<double>(receptance[i]) * (static_cast<double>(first[i]) * added + at);
          at = at * static_cast<double>(decay[i]) + added;
        }
      }
      expect_near(out, expected, 1e-5);
      EXPECT_EQ(out.back(), 42.0F);
    }
    expect_near(state, expected_state, 1e-5);
    EXPECT_EQ(state.back(), 42.0F);
  }
}

TEST_P(Recurrence, Wkv7RemovesWhatTheKeyFinds) {
  for (const std::int64_t n : kLengths) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<float> state(size * size, 0.0F);
    Values expected_state(size * size);
    for (int row = 0; row < kRows; ++row) {
      const auto seed = static_cast<std::uint32_t>(10 * row);
      const auto receptance = random_floats(n, seed + 1);
      const auto key = random_floats(n, seed + 2);
      const auto value = random_floats(n, seed + 3);
      const auto removal = random_floats(n, seed + 4, 0.2F);
      const auto decay = between_0_and_1(n, seed + 5);
      const auto rate = between_0_and_1(n, seed + 6);
      std::vector<float> out(size + 1, 42.0F);
      table().wkv7({.receptance = receptance.data(),
                    .decay = decay.data(),
                    .key = key.data(),
                    .value = value.data(),
                    .removal = removal.data(),
                    .rate = rate.data(),
                    .state = state.data(),
                    .out = out.data()},
                   n);
      Values expected(size);
      for (std::size_t j = 0; j < size; ++j) {
        double found = 0;
        for (std::size_t i = 0; i < size; ++i) {
          found += static_cast<double>(removal[i]) * expected_state[i * size + j];
        }
        for (std::size_t i = 0; i < size; ++i) {
          double& at = expected_state[i * size + j];
          at = at * static_cast<double>(decay[i]) -
               static_cast<double>(removal[i]) * static_cast<double>(rate[i]) * found +
               static_cast<double>(key[i]) * static_cast<double>(value[j]);
          expected[j] += static_cast<double>(receptance[i]) * at;
        }
      }
      expect_near(out, expected, 1e-5);
      EXPECT_EQ(out.back(), 42.0F);
    }
    expect_near(state, expected_state, 1e-5);
  }
}

TEST_P(Recurrence, Dot) {
  for (const std::int64_t n : {1, 7, 64, 100, 576}) {
    const auto a = random_floats(n, 1);
    const auto b = random_floats(n, 2);
    double expected = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      expected += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    EXPECT_NEAR(table().dot(a.data(), b.data(), n), expected, 1e-5 * (1 + std::abs(expected)));
  }
}

TEST_P(Recurrence, LerpAndMultiply) {
  for (const std::int64_t n : {1, 8, 23, 64}) {
    const auto a = random_floats(n, 1);
    const auto b = random_floats(n, 2);
    const auto t = random_floats(n, 3);
    std::vector<float> out(a.size() + 1, 42.0F);
    table().lerp(a.data(), b.data(), t.data(), n, out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(out[i], a[i] + (b[i] - a[i]) * t[i], 1e-6F);
    }
    table().multiply(a.data(), b.data(), n, out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(out[i], a[i] * b[i]);
    }
    EXPECT_EQ(out.back(), 42.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Recurrence,
                         testing::ValuesIn(cpu::available_levels().begin(), cpu::available_levels().end()),
                         [](const testing::TestParamInfo<cpu::IsaLevel>& info) { return level_name(info.param); });

}  // namespace
}  // namespace hearth::kernels
