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
    EXPECT_NEAR(log_sum_exp(row), max + std::log(sum), 1e-9);
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
  EXPECT_NEAR(log_sum_exp(row), -5, 1e-12);
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
