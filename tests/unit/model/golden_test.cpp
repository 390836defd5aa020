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

// What this build must run; a folder that is not listed may be skipped as unsupported.
// clang-format off: one name per line.
const std::set<std::string> kRequired = {
    "awq-gemm-32g",
    "awq-gemm-64g",
    "awq-gemv-32g",
    "awq-gemv-64g",
    "awq-gemv-fast-64g",
    "exl2-mixed",
    "ggjt-v1-q4_0",
    "ggjt-v1-q4_1",
    "ggjt-v1-q4_2",
    "ggjt-v1-q4_3",
    "ggjt-v1-q5_0",
    "ggjt-v1-q5_1",
    "ggjt-v1-q8_0",
    "ggjt-v2-q4_0",
    "ggjt-v2-q4_1",
    "ggjt-v2-q5_0",
    "ggjt-v2-q5_1",
    "ggjt-v3-f16",
    "ggjt-v3-q4_0",
    "ggjt-v3-q4_1",
    "ggjt-v3-q4_k_m",
    "ggjt-v3-q5_0",
    "ggjt-v3-q5_1",
    "ggjt-v3-q6_k",
    "ggjt-v3-q8_0",
    "ggmf-v1-q4_1",
    "ggml-gpt-bigcode",
    "ggml-gpt-neox",
    "ggml-gpt2",
    "ggml-gptj",
    "ggml-mpt",
    "ggml-unversioned-q4_0",
    "gguf-alignment-64",
    "gguf-bloom",
    "gguf-container-v1",
    "gguf-container-v2",
    "gguf-falcon",
    "gguf-gemma2-gguf",
    "gguf-gemma3-gguf",
    "gguf-gpt-bigcode",
    "gguf-gpt-neox",
    "gguf-gpt2",
    "gguf-llama-f32",
    "gguf-llama-rope-yarn",
    "gguf-llama-tied-mha-bias",
    "gguf-llama3-rope",
    "gguf-mixed-q4_k_m",
    "gguf-mixtral",
    "gguf-mpt",
    "gguf-phi",
    "gguf-phi3-longrope",
    "gguf-quant-iq1_m",
    "gguf-quant-iq1_s",
    "gguf-quant-iq2_s",
    "gguf-quant-iq2_xs",
    "gguf-quant-iq2_xxs",
    "gguf-quant-iq3_s",
    "gguf-quant-iq3_xxs",
    "gguf-quant-iq4_nl",
    "gguf-quant-iq4_xs",
    "gguf-quant-mxfp4",
    "gguf-quant-nvfp4",
    "gguf-quant-q1_0",
    "gguf-quant-q2_k",
    "gguf-quant-q3_k",
    "gguf-quant-q4_0",
    "gguf-quant-q4_1",
    "gguf-quant-q4_k",
    "gguf-quant-q5_0",
    "gguf-quant-q5_1",
    "gguf-quant-q5_k",
    "gguf-quant-q6_k",
    "gguf-quant-q8_0",
    "gguf-quant-tq1_0",
    "gguf-quant-tq2_0",
    "gguf-qwen2",
    "gguf-qwen2-moe",
    "gguf-qwen3",
    "gguf-qwen3-moe",
    "gguf-sharded",
    "gptq-2bit-32g",
    "gptq-2bit-32g-asym-autogptq",
    "gptq-3bit-32g",
    "gptq-3bit-32g-asym-autogptq",
    "gptq-4bit-32g",
    "gptq-4bit-32g-actorder",
    "gptq-4bit-32g-asym-autogptq",
    "gptq-4bit-32g-asym-v2",
    "gptq-4bit-64g-old-name",
    "gptq-4bit-nogroup",
    "gptq-8bit-32g",
    "gptq-8bit-32g-asym-autogptq",
    "gptq-opt-4bit-32g",
    "hf-bloom",
    "hf-bloom-6heads",
    "hf-cohere",
    "hf-cohere2",
    "hf-falcon",
    "hf-falcon-new",
    "hf-falcon-one-norm",
    "hf-falcon-rw",
    "hf-gemma",
    "hf-gemma2",
    "hf-gemma2-gguf",
    "hf-gemma3-gguf",
    "hf-glm",
    "hf-glm4",
    "hf-gpt-bigcode",
    "hf-gpt-bigcode-mha",
    "hf-gpt-neox",
    "hf-gpt-neox-serial",
    "hf-gpt2",
    "hf-gptj",
    "hf-granite",
    "hf-llama-bf16-sharded",
    "hf-llama-bin",
    "hf-llama-bin-sharded",
    "hf-llama-f16",
    "hf-llama-f32",
    "hf-llama-fp8-block",
    "hf-llama-fp8-channel",
    "hf-llama-headdim",
    "hf-llama-rope-dynamic",
    "hf-llama-rope-linear",
    "hf-llama-rope-yarn",
    "hf-llama-tied-mha-bias",
    "hf-llama3-rope",
    "hf-mistral",
    "hf-mixtral",
    "hf-mpt",
    "hf-mpt-clip",
    "hf-opt",
    "hf-opt-bin",
    "hf-opt-no-bias",
    "hf-opt-postln-proj",
    "hf-phi",
    "hf-phi3",
    "hf-phi3-longrope",
    "hf-phi3-partial",
    "hf-qwen2",
    "hf-qwen2-moe",
    "hf-qwen2-moe-dense",
    "hf-qwen2-window",
    "hf-qwen3",
    "hf-qwen3-moe",
    "hf-smollm3",
    "hf-smollm3-rope-list",
    "hf-stablelm",
    "hf-stablelm-parallel",
    "hf-starcoder2",
    "rwkv-upstream-4v0-660K-fp16",
    "rwkv-upstream-5v1-730K-q5_0",
    "rwkv-upstream-5v2-730K-q5_0",
    "rwkv-upstream-7v0-834K-fp16",
    "rwkv-v4-ggml-f16",
    "rwkv-v4-ggml-f32",
    "rwkv-v4-ggml-q4_0",
    "rwkv-v4-ggml-q4_0-v100",
    "rwkv-v4-ggml-q4_1",
    "rwkv-v4-ggml-q5_0",
    "rwkv-v4-ggml-q5_1",
    "rwkv-v4-ggml-q8_0",
    "rwkv-v4-pth",
    "rwkv-v5.1-ggml-f16",
    "rwkv-v5.1-ggml-q8_0",
    "rwkv-v5.1-pth",
    "rwkv-v5.2-ggml-f16",
    "rwkv-v5.2-ggml-q8_0",
    "rwkv-v5.2-pth",
    "rwkv-v6-ggml-f16",
    "rwkv-v6-ggml-q5_1",
    "rwkv-v6-gguf",
    "rwkv-v6-pth",
    "rwkv-v7-ggml-f16",
    "rwkv-v7-gguf",
    "rwkv-v7-pth",
};
// clang-format on

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

  bool is_unsupported() {
    cpu::ThreadPool pool(1);
    const auto model = load(Precision::kFast, pool);
    reason_ = model ? "" : model.error().message;
    return !model && model.error().code == ErrorCode::kUnsupported &&
           !kRequired.contains(GetParam().fixture.folder.filename().string());
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
  std::string reason_;
};

TEST_P(GoldenTest, ExactPrecisionEqualsReference) {
  if (is_unsupported()) {
    GTEST_SKIP() << reason_;
  }
  LogitsReport report;
  ASSERT_NO_FATAL_FAILURE(check_invariance(Precision::kExact, KvType::kF32, report));
  const auto logits = expected_.at("last_logits").get<std::vector<float>>();
  EXPECT_LE(max_difference(report.last_logits, logits), expected_.at("tolerance").at("max_abs").get<float>());
  EXPECT_EQ(report.argmax_per_pos, expected_.at("argmax_per_pos").get<std::vector<std::int32_t>>());
  EXPECT_EQ(report.generated, expected_.at("greedy").get<std::vector<std::int32_t>>());
}

TEST_P(GoldenTest, FastPrecisionIsNear) {
  if (is_unsupported()) {
    GTEST_SKIP() << reason_;
  }
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

TEST(GoldenFixtures, AllRequiredOnesAreThere) {
  std::set<std::string> present;
  for (const Fixture& fixture : fixtures_of(HEARTH_GOLDEN_FOLDER)) {
    present.insert(fixture.folder.filename().string());
  }
  for (const std::string& name : kRequired) {
    EXPECT_TRUE(present.contains(name)) << name;
  }
}

}  // namespace
}  // namespace hearth::model
