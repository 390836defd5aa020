#include "engine/fake_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "engine/sampler.h"

namespace hearth::engine {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9E3779B97F4A7C15ULL + b;
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 29);
}

// Reads what position q wrote for a group.
using ReadCell = std::function<std::uint64_t(std::size_t group, std::int64_t q)>;

struct Row {
  TokenId token = 0;
  std::int64_t position = 0;
  std::int64_t prompt_length = 0;
  std::uint64_t recurrent_state = 0;  // before the row
};

std::uint64_t row_state(const FakeModelOptions& options, const Row& row, const ReadCell& read) {
  std::uint64_t state = mix(static_cast<std::uint64_t>(row.token), static_cast<std::uint64_t>(row.position));
  if (options.recurrent) {
    return row.position == 0 ? state : mix(state, row.recurrent_state);
  }
  for (std::size_t group = 0; group < options.windows.size(); ++group) {
    const std::int32_t window = options.windows[group];
    const std::int64_t first = window == 0 ? 0 : std::max<std::int64_t>(0, row.position - window + 1);
    for (std::int64_t q = first; q < row.position; ++q) {
      state = mix(state, read(group, q));
    }
  }
  const std::int64_t length = std::max(row.prompt_length, row.position + 1);
  return length > options.original_context ? mix(state, static_cast<std::uint64_t>(length)) : state;
}

std::uint64_t cell_value(std::uint64_t state, std::size_t group) {
  return mix(state, 1000 + group);
}

void fill_logits(std::uint64_t state, std::span<float> logits) {
  for (std::size_t token = 0; token < logits.size(); ++token) {
    logits[token] = static_cast<float>(mix(state, 77 + token) % 8192) / 1024.0F;
  }
}

}  // namespace

FakeModel::FakeModel(FakeModelOptions options) : options_(std::move(options)) {
  for (const std::int32_t window : options_.windows) {
    groups_.push_back({.window = window, .n_layers = 1, .n_kv_heads = 1, .head_dim = 8});
  }
}

void FakeModel::step(const model::StepBatch& batch, float* logits) {
  if (on_step) {
    on_step(n_steps);
  }
  ++n_steps;
  last_rows.clear();
  HEARTH_CHECK(static_cast<std::int64_t>(batch.tokens.size()) <= options_.max_rows, "no more rows than asked for");
  std::size_t n_logit_rows = 0;
  for (const model::StepSequence& sequence : batch.sequences) {
    n_rows += sequence.n_rows;
    last_rows.push_back(sequence.n_rows);
    const auto cell = [&](std::size_t group, std::int64_t q) {
      const std::int32_t block = sequence.block_tables[group][q / kernels::kKvBlockPositions];
      HEARTH_CHECK(block >= 0, "a visible position has a block");
      const model::KvView& view = batch.kv[group];
      return view.base + block * view.block_bytes + (q % kernels::kKvBlockPositions) * 8;
    };
    const ReadCell read = [&](std::size_t group, std::int64_t q) {
      std::uint64_t value = 0;
      std::memcpy(&value, cell(group, q), sizeof(value));
      return value;
    };
    for (std::int32_t i = 0; i < sequence.n_rows; ++i) {
      const std::int32_t row = sequence.first_row + i;
      const std::int64_t position = sequence.first_position + i;
      Row place{batch.tokens[static_cast<std::size_t>(row)], position, sequence.prompt_length};
      if (options_.recurrent) {
        std::memcpy(&place.recurrent_state, sequence.state, sizeof(place.recurrent_state));
      }
      const std::uint64_t state = row_state(options_, place, read);
      if (options_.recurrent) {
        std::memcpy(sequence.state, &state, sizeof(state));
      }
      for (std::size_t group = 0; group < groups_.size(); ++group) {
        const std::uint64_t value = cell_value(state, group);
        std::memcpy(cell(group, position), &value, sizeof(value));
      }
      if (n_logit_rows < batch.logit_rows.size() && batch.logit_rows[n_logit_rows] == row) {
        const auto n_vocab = static_cast<std::size_t>(options_.n_vocab);
        fill_logits(state, {logits + n_logit_rows * n_vocab, n_vocab});
        ++n_logit_rows;
      }
    }
  }
  HEARTH_CHECK(n_logit_rows == batch.logit_rows.size(), "logit rows are ascending and exist");
}

std::vector<TokenId> expected_reply(const FakeModelOptions& options, const SequenceRequest& request,
                                    std::int64_t context_size) {
  std::vector<TokenId> tokens = request.prompt;
  const auto n_prompt = static_cast<std::int64_t>(tokens.size());
  std::vector<std::vector<std::uint64_t>> cells(options.windows.size());
  const ReadCell read = [&](std::size_t group, std::int64_t q) { return cells[group][static_cast<std::size_t>(q)]; };
  std::vector<float> logits(static_cast<std::size_t>(options.n_vocab));
  Sampler sampler(options.n_vocab);
  std::vector<TokenId> reply;
  std::uint64_t before = 0;
  for (std::int64_t position = 0; std::ssize(reply) < std::min(request.max_new_tokens, context_size - n_prompt);
       ++position) {
    const std::uint64_t state =
        row_state(options, {tokens[static_cast<std::size_t>(position)], position, n_prompt, before}, read);
    before = state;
    for (std::size_t group = 0; group < cells.size(); ++group) {
      cells[group].push_back(cell_value(state, group));
    }
    if (position + 1 < n_prompt) {
      continue;
    }
    fill_logits(state, logits);
    const Result<TokenId> token =
        sampler.draw(logits, {request.sampling, tokens, n_prompt, request.stop_ids, request.choice_index});
    tokens.push_back(token.value());
    reply.push_back(token.value());
    if (std::ranges::find(request.stop_ids, *token) != request.stop_ids.end()) {
      break;
    }
  }
  return reply;
}

void CollectingSink::on_token(TokenEvent event) {
  const std::scoped_lock lock(mutex_);
  std::vector<TokenEvent>& events = events_[event.sequence];
  ASSERT_TRUE(events.empty() || !events.back().finish.has_value()) << "an event after the last one";
  n_finished_ += event.finish ? 1 : 0;
  events.push_back(std::move(event));
}

std::vector<TokenEvent> CollectingSink::events(SequenceId sequence) const {
  const std::scoped_lock lock(mutex_);
  const auto found = events_.find(sequence);
  return found == events_.end() ? std::vector<TokenEvent>() : found->second;
}

std::vector<TokenId> CollectingSink::tokens(SequenceId sequence) const {
  std::vector<TokenId> tokens;
  for (const TokenEvent& event : events(sequence)) {
    if (event.token && !event.is_prompt) {
      tokens.push_back(*event.token);
    }
  }
  return tokens;
}

bool CollectingSink::finished(SequenceId sequence) const {
  const std::vector<TokenEvent> all = events(sequence);
  return !all.empty() && all.back().finish.has_value();
}

std::int64_t CollectingSink::n_finished() const {
  const std::scoped_lock lock(mutex_);
  return n_finished_;
}

}  // namespace hearth::engine
