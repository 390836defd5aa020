// Batch invariance of the forward pass: a sequence's logits do not depend on its neighbours, on chunks, on where its
// blocks lie, or on whether workers prepare rows together or each for itself.
#include "model/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>
#include <vector>

#include "model/families.h"
#include "model/fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

constexpr std::int64_t kContext = 1100;

std::vector<std::int32_t> prompt(std::int32_t n, std::int32_t seed) {
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < n; ++i) {
    tokens.push_back((i * 37 + seed * 101 + i * i % 13) % 300 + 3);
  }
  return tokens;
}

std::vector<float> last_logits(SingleSequence& sequence, std::span<const std::int32_t> tokens, std::int64_t chunk) {
  std::vector<float> last;
  EXPECT_TRUE(sequence.feed(tokens, chunk, /*only_last=*/true, [&](std::int64_t, std::span<const float> logits) {
    last.assign(logits.begin(), logits.end());
  }));
  return last;
}

std::vector<float> alone(Model& model, std::span<const std::int32_t> tokens, std::int64_t chunk) {
  SingleSequence sequence = SingleSequence::create(model, KvType::kF16, kContext).value();
  return last_logits(sequence, tokens, chunk);
}

// A KV cache shared by several sequences, whose blocks are dealt out in reverse and interleaved.
class SharedCache {
 public:
  SharedCache(const Model& model, std::int32_t n_sequences) : n_sequences_(n_sequences) {
    constexpr std::int32_t kBlocks = kContext / kernels::kKvBlockPositions + 1;
    for (const KvGroup& group : model.kv_groups()) {
      views_.push_back(kv_layout(group, KvType::kF16));
      const auto n_bytes =
          static_cast<std::size_t>(views_.back().block_bytes) * kBlocks * static_cast<std::size_t>(n_sequences);
      memory_.push_back(cpu::MemoryRegion::reserve(n_bytes, false).value());
      views_.back().base = reinterpret_cast<unsigned char*>(memory_.back().data());
    }
    tables_.resize(static_cast<std::size_t>(n_sequences));
    table_pointers_.resize(static_cast<std::size_t>(n_sequences));
    for (std::int32_t s = 0; s < n_sequences; ++s) {
      for (std::int32_t block = 0; block < kBlocks; ++block) {
        tables_[static_cast<std::size_t>(s)].push_back((kBlocks - 1 - block) * n_sequences + s);
      }
      table_pointers_[static_cast<std::size_t>(s)].assign(views_.size(), tables_[static_cast<std::size_t>(s)].data());
    }
  }
  std::span<const KvView> views() const { return views_; }
  std::span<const std::int32_t* const> tables(std::size_t sequence) const { return table_pointers_[sequence]; }

 private:
  std::int32_t n_sequences_;
  std::vector<cpu::MemoryRegion> memory_;
  std::vector<KvView> views_;
  std::vector<std::vector<std::int32_t>> tables_;
  std::vector<std::vector<const std::int32_t*>> table_pointers_;
};

// Runs the prompts side by side, up to `rows` of each per step; the logits after each prompt's last token.
std::vector<std::vector<float>> together(Model& model, const std::vector<std::vector<std::int32_t>>& prompts,
                                         std::size_t rows) {
  SharedCache cache(model, static_cast<std::int32_t>(prompts.size()));
  std::vector<std::size_t> fed(prompts.size());
  std::vector<std::vector<float>> results(prompts.size());
  for (;;) {
    std::vector<std::int32_t> tokens;
    std::vector<StepSequence> sequences;
    std::vector<std::int32_t> logit_rows;
    std::vector<std::size_t> finished;
    for (std::size_t s = 0; s < prompts.size(); ++s) {
      const std::size_t n = std::min(rows, prompts[s].size() - fed[s]);
      if (n == 0) {
        continue;
      }
      sequences.push_back({.first_row = static_cast<std::int32_t>(tokens.size()),
                           .n_rows = static_cast<std::int32_t>(n),
                           .first_position = static_cast<std::int64_t>(fed[s]),
                           .prompt_length = static_cast<std::int64_t>(prompts[s].size()),
                           .block_tables = cache.tables(s)});
      tokens.insert(tokens.end(), prompts[s].begin() + static_cast<std::ptrdiff_t>(fed[s]),
                    prompts[s].begin() + static_cast<std::ptrdiff_t>(fed[s] + n));
      fed[s] += n;
      if (fed[s] == prompts[s].size()) {
        logit_rows.push_back(static_cast<std::int32_t>(tokens.size()) - 1);
        finished.push_back(s);
      }
    }
    if (tokens.empty()) {
      return results;
    }
    const auto n_vocab = static_cast<std::size_t>(model.n_vocab());
    std::vector<float> logits(logit_rows.size() * n_vocab);
    model.step({.tokens = tokens, .sequences = sequences, .logit_rows = logit_rows, .kv = cache.views()},
               logits.data());
    for (std::size_t i = 0; i < finished.size(); ++i) {
      results[finished[i]].assign(logits.begin() + static_cast<std::ptrdiff_t>(i * n_vocab),
                                  logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * n_vocab));
    }
  }
}

class TransformerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TransformerTest, NeighboursChunksAndThreadsChangeNoBit) {
  const std::vector<std::vector<std::int32_t>> prompts = {prompt(300, 1), prompt(45, 2), prompt(33, 3), prompt(7, 4)};
  std::vector<std::vector<float>> reference;
  for (const int n_threads : {1, 2, 3}) {
    cpu::ThreadPool pool(n_threads);
    const auto model = testing::load_fixture(GetParam(), pool, Precision::kFast, kContext);
    for (std::size_t s = 0; s < prompts.size(); ++s) {
      const std::vector<float> logits = alone(*model, prompts[s], 512);
      if (n_threads == 1) {
        reference.push_back(logits);
      }
      EXPECT_EQ(logits, reference[s]) << "alone, sequence " << s << ", " << n_threads << " threads";
      EXPECT_EQ(alone(*model, prompts[s], 33), reference[s]) << "chunks of 33, sequence " << s;
    }
    for (const std::size_t rows : {1U, 7U, 32U, 100U}) {
      const auto results = together(*model, prompts, rows);
      for (std::size_t s = 0; s < prompts.size(); ++s) {
        EXPECT_EQ(results[s], reference[s]) << "sequence " << s << ", " << rows << " rows a step";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, TransformerTest,
                         ::testing::Values("gguf-llama-f32", "gguf-gemma3-gguf", "gguf-mixtral", "gguf-phi3-longrope",
                                           "gguf-mixed-q4_k_m", "gguf-quant-q4_1", "gguf-falcon", "gguf-bloom",
                                           "gguf-qwen2-moe"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

// The weights of a fixture with another rope.
std::unique_ptr<Model> load_with_rope(const RopeSpec& rope, Precision precision, cpu::ThreadPool& pool) {
  formats::Checkpoint checkpoint = testing::open_fixture("gguf-llama-f32");
  ModelPlan plan = plan_model(checkpoint).value();
  plan.spec.ropes = {rope};
  const kernels::KernelTable& kernels = testing::test_kernels();
  TransformerParts parts;
  parts.weights = load_weights(std::move(checkpoint), plan.spec, plan.tensors,
                               {.kernels = &kernels, .exact = precision == Precision::kExact})
                      .value();
  parts.spec = std::move(plan.spec);
  parts.ropes = {Rope(rope, {.long_set = rope.long_divisors, .short_set = rope.short_divisors}, kContext)};
  parts.precision = precision;
  parts.context_size = kContext;
  parts.max_rows = 512;
  return make_transformer(std::move(parts), pool, kernels).value();
}

const RopeSpec kDynamicRope = {
    .n_rotated = 16, .scaling = RopeScaling::kDynamic, .factor = 2.0, .original_context = 20};

TEST(LengthDependentRope, ChunksNeighboursAndThreadsChangeNoBit) {
  const RopeSpec longrope = {.n_rotated = 16,
                             .scaling = RopeScaling::kLongrope,
                             .attention_factor = 1.2,
                             .original_context = 20,
                             .long_divisors = std::vector<float>(8, 3.0F),
                             .short_divisors = std::vector<float>(8, 1.0F),
                             .chosen_by_length = true};
  const std::vector<std::vector<std::int32_t>> prompts = {prompt(70, 1), prompt(45, 2), prompt(12, 3)};
  for (const RopeSpec& rope : {kDynamicRope, longrope}) {
    std::vector<std::vector<float>> reference;
    for (const int n_threads : {1, 3}) {
      cpu::ThreadPool pool(n_threads);
      const auto model = load_with_rope(rope, Precision::kFast, pool);
      EXPECT_EQ(model->max_shared_positions(), 20);
      for (std::size_t s = 0; s < prompts.size(); ++s) {
        const std::vector<float> logits = alone(*model, prompts[s], 512);
        if (n_threads == 1) {
          reference.push_back(logits);
        }
        for (const std::int64_t chunk : {1, 5, 512}) {
          EXPECT_EQ(alone(*model, prompts[s], chunk), reference[s]) << "chunks of " << chunk << ", sequence " << s;
        }
      }
      for (const std::size_t rows : {1U, 7U, 100U}) {
        EXPECT_EQ(together(*model, prompts, rows), reference) << rows << " rows a step, " << n_threads << " threads";
      }
    }
  }
}

TEST(LengthDependentRope, GenerationFollowsTheLength) {
  cpu::ThreadPool pool(1);
  const auto model = load_with_rope(kDynamicRope, Precision::kExact, pool);
  const std::vector<std::int32_t> tokens = prompt(40, 1);
  // Fed one by one as a reply would be, each token sees all keys turned by its own length.
  SingleSequence sequence = SingleSequence::create(*model, KvType::kF32, kContext).value();
  (void)last_logits(sequence, std::span(tokens).first(15), 512);
  std::vector<float> logits;
  for (std::size_t i = 15; i < tokens.size(); ++i) {
    logits = last_logits(sequence, std::span(tokens).subspan(i, 1), 1);
  }
  SingleSequence again = SingleSequence::create(*model, KvType::kF32, kContext).value();
  (void)last_logits(again, std::span(tokens).first(25), 512);
  std::vector<float> other;
  for (std::size_t i = 25; i < tokens.size(); ++i) {
    other = last_logits(again, std::span(tokens).subspan(i, 1), 1);
  }
  // A longer prompt has other hidden states: the lengths must have been told apart.
  EXPECT_NE(logits, other);
}

TEST(LengthDependentRope, ShortSequencesAreThoseOfAnOrdinaryRope) {
  cpu::ThreadPool pool(1);
  RopeSpec plain = kDynamicRope;
  plain.scaling = RopeScaling::kNone;
  std::vector<std::vector<float>> logits;
  for (const RopeSpec& rope : {plain, kDynamicRope}) {
    const auto model = load_with_rope(rope, Precision::kExact, pool);
    SingleSequence sequence = SingleSequence::create(*model, KvType::kF32, kContext).value();
    logits.push_back(last_logits(sequence, prompt(20, 1), 7));
  }
  EXPECT_EQ(logits[0], logits[1]);
}

}  // namespace
}  // namespace hearth::model
