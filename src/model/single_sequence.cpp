#include "model/single_sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.h"

namespace hearth::model {
namespace {

// Logits of many rows are kept within this; a step then has fewer rows, which changes no result.
constexpr std::int64_t kMaxLogits = std::int64_t{16} << 20;

}  // namespace

Result<SingleSequence> SingleSequence::create(Model& model, KvType kv_type, std::int64_t capacity) {
  HEARTH_CHECK(capacity > 0, "a sequence needs room");
  SingleSequence sequence(model, capacity);
  const std::int64_t n_blocks = (capacity + kernels::kKvBlockPositions - 1) / kernels::kKvBlockPositions;
  std::size_t n_bytes = 0;
  std::vector<std::size_t> offsets;
  for (const KvGroup& group : model.kv_groups()) {
    sequence.kv_.push_back(kv_layout(group, kv_type));
    offsets.push_back(n_bytes);
    n_bytes += static_cast<std::size_t>(sequence.kv_.back().block_bytes * n_blocks);
  }
  HEARTH_TRY(sequence.memory_, cpu::MemoryRegion::reserve(n_bytes, /*huge_pages=*/false));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    sequence.kv_[i].base = reinterpret_cast<unsigned char*>(sequence.memory_.data() + offsets[i]);
  }
  sequence.block_table_.resize(static_cast<std::size_t>(n_blocks));
  std::iota(sequence.block_table_.begin(), sequence.block_table_.end(), 0);
  sequence.tables_.assign(model.kv_groups().size(), sequence.block_table_.data());
  sequence.state_.resize(static_cast<std::size_t>(model.state_floats()));
  return sequence;
}

Status SingleSequence::check(std::span<const std::int32_t> tokens) const {
  if (position_ + static_cast<std::int64_t>(tokens.size()) > capacity_) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} tokens after {} do not fit into {} positions", tokens.size(), position_, capacity_));
  }
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= model_->n_vocab()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("token {} is outside the vocabulary of {}", token, model_->n_vocab()));
    }
  }
  return {};
}

Status SingleSequence::feed(std::span<const std::int32_t> tokens, std::int64_t chunk_rows, bool only_last,
                            const LogitsVisitor& visitor) {
  HEARTH_TRY_VOID(check(tokens));
  const std::int64_t n_vocab = model_->n_vocab();
  const std::int64_t prompt_length = position_ + static_cast<std::int64_t>(tokens.size());
  std::int64_t n_rows = std::clamp<std::int64_t>(chunk_rows, 1, model_->max_rows());
  if (!only_last) {
    n_rows = std::min(n_rows, std::max<std::int64_t>(1, kMaxLogits / n_vocab));
  }
  while (!tokens.empty()) {
    const auto chunk = tokens.first(std::min(static_cast<std::size_t>(n_rows), tokens.size()));
    tokens = tokens.subspan(chunk.size());
    const auto n_chunk = static_cast<std::int32_t>(chunk.size());
    const std::int32_t n_logit_rows = only_last ? (tokens.empty() ? 1 : 0) : n_chunk;
    step(chunk, prompt_length, n_logit_rows);
    for (std::int32_t i = 0; i < n_logit_rows; ++i) {
      visitor(position_ - n_logit_rows + i,
              std::span(logits_).subspan(static_cast<std::size_t>(i * n_vocab), static_cast<std::size_t>(n_vocab)));
    }
  }
  return {};
}

// The logits of the last n_logit_rows tokens go to logits_.
void SingleSequence::step(std::span<const std::int32_t> tokens, std::int64_t prompt_length, std::int32_t n_logit_rows) {
  const auto n_rows = static_cast<std::int32_t>(tokens.size());
  const std::array<StepSequence, 1> sequences = {{{.first_row = 0,
                                                   .n_rows = n_rows,
                                                   .first_position = position_,
                                                   .prompt_length = prompt_length,
                                                   .block_tables = tables_,
                                                   .state = state_.data()}}};
  logit_rows_.resize(static_cast<std::size_t>(n_logit_rows));
  std::iota(logit_rows_.begin(), logit_rows_.end(), n_rows - n_logit_rows);
  logits_.resize(static_cast<std::size_t>(n_logit_rows) * static_cast<std::size_t>(model_->n_vocab()));
  model_->step({.tokens = tokens, .sequences = sequences, .logit_rows = logit_rows_, .kv = kv_}, logits_.data());
  position_ += n_rows;
}

void SingleSequence::rewind(std::int64_t position) {
  HEARTH_CHECK(position >= 0 && position <= position_, "a sequence is rewound to one of its positions");
  HEARTH_CHECK(state_.empty() || position == 0 || position == position_, "a recurrent state holds no past of its own");
  position_ = position;
}

std::int32_t greedy_token(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
}

Result<LogitsReport> report_logits(SingleSequence& sequence, std::span<const std::int32_t> tokens,
                                   std::int64_t chunk_rows, std::int64_t n_generate) {
  if (tokens.empty()) {
    return fail(ErrorCode::kInvalidArgument, "at least one token is needed");
  }
  LogitsReport report;
  const std::int64_t last = sequence.position() + static_cast<std::int64_t>(tokens.size()) - 1;
  HEARTH_TRY_VOID(
      sequence.feed(tokens, chunk_rows, /*only_last=*/false, [&](std::int64_t position, std::span<const float> logits) {
        report.argmax_per_pos.push_back(greedy_token(logits));
        if (position == last) {
          report.last_logits.assign(logits.begin(), logits.end());
        }
      }));
  std::int32_t next = report.argmax_per_pos.back();
  for (std::int64_t i = 0; i < n_generate; ++i) {
    report.generated.push_back(next);
    if (i + 1 < n_generate) {
      HEARTH_TRY_VOID(
          sequence.feed(std::span(&next, 1), 1, /*only_last=*/true,
                        [&next](std::int64_t, std::span<const float> logits) { next = greedy_token(logits); }));
    }
  }
  return report;
}

}  // namespace hearth::model
