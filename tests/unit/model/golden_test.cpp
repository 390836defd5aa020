// Every fixture with reference logits against the logits of its reference program: exact and fast, for every ISA level
// of this CPU, in several chunkings and with one and two threads, which must not change a bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "cpu/isa.h"
#include "kernels/kernels.h"
#include "model/loader.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

namespace fs = std::filesystem;

constexpr float kFastTolerance = 0.15F;
constexpr float kFastRwkvTolerance = 0.3F;  // a recurrence carries rounding along
constexpr std::int64_t kWhole = 512;

base::Json read_json(const fs::path& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return base::parse_json(text).value();
}

struct Fixture {
  fs::path folder;
  fs::path model;  // what is opened: the folder where it has a config.json, else its first file
};

std::vector<Fixture> fixtures_of(const fs::path& root) {
  std::vector<Fixture> fixtures;
  for (const base::Json& entry : read_json(root / "index.json")) {
    const fs::path folder = root / entry.at("fixture").get<std::string>();
    if (fs::exists(folder / "expected.json")) {
      const bool is_folder = fs::exists(folder / "config.json");
      fixtures.push_back({folder, is_folder ? folder : folder / entry.at("files").at(0).get<std::string>()});
    }
  }
  return fixtures;
}

std::vector<Fixture> all_fixtures() {
  std::vector<Fixture> fixtures = fixtures_of(HEARTH_GOLDEN_FOLDER);
  if (const char* more = std::getenv("HEARTH_FIXTURES")) {
    for (const Fixture& fixture : fixtures_of(more)) {
      fixtures.push_back(fixture);
    }
  }
  return fixtures;
}

float max_difference(const std::vector<float>& a, const std::vector<float>& b) {
  float most = a.size() == b.size() ? 0.0F : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    most = std::max(most, std::abs(a[i] - b[i]));
  }
  return most;
}

struct Case {
  Fixture fixture;
  cpu::IsaLevel level;
};

void PrintTo(const Case& test_case, std::ostream* out) {
  *out << test_case.fixture.folder.filename().string();
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Fixture& fixture : all_fixtures()) {
    for (const cpu::IsaLevel level : cpu::available_levels()) {
      cases.push_back({fixture, level});
    }
  }
  return cases;
}

class GoldenTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    expected_ = read_json(GetParam().fixture.folder / "expected.json");
    prompt_ = expected_.at("prompt_ids").get<std::vector<std::int32_t>>();
  }

  Result<std::unique_ptr<Model>> load(Precision precision, cpu::ThreadPool& pool) {
    HEARTH_TRY(formats::Checkpoint checkpoint, formats::open_checkpoint(GetParam().fixture.model));
    return load_model(std::move(checkpoint), {.precision = precision, .context_size = kTrainedContext}, pool,
                      kernels::kernel_table(GetParam().level));
  }

  LogitsReport run(Model& model, KvType kv_type, std::int64_t chunk_rows) {
    SingleSequence sequence = SingleSequence::create(model, kv_type, 64).value();
    return report_logits(sequence, prompt_, chunk_rows, std::ssize(expected_.at("greedy"))).value();
  }

  // The report of one thread and the whole prompt at once, after checking that nothing else gives other bits.
  void check_invariance(Precision precision, KvType kv_type, LogitsReport& report) {
    for (const int n_threads : {1, 2}) {
      cpu::ThreadPool pool(n_threads);
      auto model = load(precision, pool);
      ASSERT_TRUE(model) << model.error().message;
      for (const std::int64_t chunk_rows : {kWhole, std::int64_t{5}, std::int64_t{1}}) {
        const LogitsReport other = run(**model, kv_type, chunk_rows);
        if (report.last_logits.empty()) {
          report = other;
          continue;
        }
        EXPECT_EQ(report.last_logits, other.last_logits) << n_threads << " threads, chunks of " << chunk_rows;
        EXPECT_EQ(report.argmax_per_pos, other.argmax_per_pos);
        EXPECT_EQ(report.generated, other.generated);
      }
    }
  }

  base::Json expected_;
  std::vector<std::int32_t> prompt_;
};

TEST_P(GoldenTest, ExactPrecisionEqualsReference) {
  LogitsReport report;
  ASSERT_NO_FATAL_FAILURE(check_invariance(Precision::kExact, KvType::kF32, report));
  const auto logits = expected_.at("last_logits").get<std::vector<float>>();
  EXPECT_LE(max_difference(report.last_logits, logits), expected_.at("tolerance").at("max_abs").get<float>());
  EXPECT_EQ(report.argmax_per_pos, expected_.at("argmax_per_pos").get<std::vector<std::int32_t>>());
  EXPECT_EQ(report.generated, expected_.at("greedy").get<std::vector<std::int32_t>>());
}

TEST_P(GoldenTest, FastPrecisionIsNear) {
  for (const KvType kv_type : {KvType::kF32, KvType::kF16}) {
    LogitsReport report;
    ASSERT_NO_FATAL_FAILURE(check_invariance(Precision::kFast, kv_type, report));
    const auto logits = expected_.at("last_logits").get<std::vector<float>>();
    const bool is_rwkv = GetParam().fixture.folder.filename().string().starts_with("rwkv-");
    EXPECT_LE(max_difference(report.last_logits, logits), is_rwkv ? kFastRwkvTolerance : kFastTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, GoldenTest, testing::ValuesIn(all_cases()),
                         [](const testing::TestParamInfo<Case>& info) {
                           std::string name = info.param.fixture.folder.filename().string() + "_" +
                                              std::string(cpu::to_string(info.param.level)) + "_" +
                                              std::to_string(info.index);
                           std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

// A folder without a row would not be run, and neither would a row without its folder.
TEST(GoldenFixtures, TheIndexListsEveryFolderWithReferenceLogits) {
  const fs::path root = HEARTH_GOLDEN_FOLDER;
  std::set<std::string> listed;
  for (const base::Json& entry : read_json(root / "index.json")) {
    listed.insert(entry.at("fixture").get<std::string>());
  }
  std::set<std::string> present;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    if (fs::exists(entry.path() / "expected.json")) {
      present.insert(entry.path().filename().string());
    }
  }
  EXPECT_EQ(listed, present);
}

}  // namespace
}  // namespace hearth::model
