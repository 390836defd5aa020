#include "engine/vocab_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace hearth::engine {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_row(std::size_t n, unsigned seed, float spread) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> row(n);
  std::ranges::generate(row, [&] { return std::round(normal(random) * 16) / 16; });  // ties happen
  return row;
}

std::vector<Candidate> sorted_whole(const std::vector<float>& row) {
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < row.size(); ++i) {
    all.push_back({static_cast<TokenId>(i), row[i]});
  }
  std::ranges::sort(all, ranks_before);
  return all;
}

TEST(VocabScan, AgreesWithSortingTheWholeRow) {
  for (const std::size_t n : {1U, 7U, 16U, 17U, 100U, 1003U, 32000U}) {
    const std::vector<float> row = random_row(n, static_cast<unsigned>(n), 3);
    const std::vector<Candidate> sorted = sorted_whole(row);
    EXPECT_EQ(max_logit(row), sorted[0].logit);
    EXPECT_EQ(argmax(row), sorted[0].token);
    std::vector<Candidate> top;
    for (const std::int32_t k : {0, 1, 2, 20, 200}) {
      collect_top(row, k, top);
      ASSERT_EQ(top.size(), std::min<std::size_t>(n, static_cast<std::size_t>(k)));
      for (std::size_t i = 0; i < top.size(); ++i) {
        EXPECT_EQ(top[i].token, sorted[i].token) << "n " << n << " k " << k << " i " << i;
      }
    }
    std::vector<Candidate> above;
    collect_at_least(row, 1.0F, above);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(above.size()), std::ranges::count_if(row, [](float x) { return x >= 1; }));
    EXPECT_TRUE(std::ranges::is_sorted(above, {}, &Candidate::token));
  }
}

TEST(VocabScan, LogSumExpIsThatOfAllTerms) {
  for (const float spread : {0.1F, 3.0F, 30.0F}) {
    const std::vector<float> row = random_row(20011, 5, spread);
    const double max = *std::ranges::max_element(row);
    double sum = 0;
    for (const float x : row) {
      sum += std::exp(x - max);
    }
    EXPECT_NEAR(log_sum_exp(row), max + std::log(sum), 1e-6);
  }
}

TEST(VocabScan, ASoftmaxRowIsDrawnByItsWeights) {
  const std::vector<float> row = random_row(5003, 9, 4);
  const float max = max_logit(row);
  std::vector<double> sums;
  for (const float temperature : {0.3F, 1.0F, 2.0F}) {
    const SoftmaxRow softmax(row, max, temperature, sums);
    std::vector<double> ends;  // the running sum after each token
    for (const float logit : row) {
      ends.push_back((ends.empty() ? 0 : ends.back()) + std::exp(double{logit - max} / temperature));
    }
    EXPECT_NEAR(softmax.total() / ends.back(), 1, 1e-6);
    for (int i = 0; i < 1000; ++i) {
      const double random = i / 1000.0;
      const auto token = static_cast<std::size_t>(softmax.draw(random));
      EXPECT_GE(ends[token], random * ends.back() * (1 - 1e-5));
      EXPECT_LE(token == 0 ? 0 : ends[token - 1], random * ends.back() * (1 + 1e-5) + 1e-9);
    }
  }
}

TEST(VocabScan, ADrawNeverTakesATokenWithoutWeight) {
  std::vector<float> row(4096, -kInf);
  row[1500] = 2;
  std::vector<double> sums;
  const SoftmaxRow softmax(row, 2, 1, sums);
  for (const double random : {0.0, 0.5, 1 - 0x1p-53}) {
    EXPECT_EQ(softmax.draw(random), 1500);
  }
}

TEST(VocabScan, IgnoresWhatIsNoNumber) {
  std::vector<float> row(40, kNan);
  EXPECT_EQ(argmax(row), -1);
  row.assign(40, -kInf);
  EXPECT_EQ(argmax(row), -1);
  EXPECT_EQ(max_logit(row), -kInf);
  row[33] = -5;
  row[3] = kNan;
  EXPECT_EQ(argmax(row), 33);
  std::vector<Candidate> found;
  collect_at_least(row, -100, found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].token, 33);
  EXPECT_NEAR(log_sum_exp(row), -5, 1e-6);
}

TEST(VocabScan, TiesGoToTheLowestToken) {
  std::vector<float> row(100, 1.0F);
  EXPECT_EQ(argmax(row), 0);
  std::vector<Candidate> top;
  collect_top(row, 3, top);
  ASSERT_EQ(top.size(), 3U);
  EXPECT_EQ(top[0].token, 0);
  EXPECT_EQ(top[1].token, 1);
  EXPECT_EQ(top[2].token, 2);
}

}  // namespace
}  // namespace hearth::engine
