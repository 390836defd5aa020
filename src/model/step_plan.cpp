#include "model/step_plan.h"

#include <algorithm>

#include "base/check.h"
#include "model/workspace.h"

namespace hearth::model {

StepPlan::StepPlan(const Shape& shape)
    : shape_(shape), next_items_(new std::atomic<std::size_t>[static_cast<std::size_t>(shape.n_layers)]) {
  places_.resize(static_cast<std::size_t>(shape.max_rows));
  tile_ends_.reserve(static_cast<std::size_t>(shape.max_rows));
  items_.reserve(static_cast<std::size_t>(shape.max_rows) * static_cast<std::size_t>(shape.n_heads));
}

void StepPlan::make(const StepBatch& batch, float* logits, LengthRopes* ropes) {
  batch_ = &batch;
  logits_ = logits;
  HEARTH_CHECK(n_rows() >= 1 && n_rows() <= shape_.max_rows, "a step has 1 to max_rows rows");
  items_.clear();
  if (ropes != nullptr) {
    ropes->begin_step();
  }
  const std::int32_t n_heads = heads_per_item();
  std::int32_t next_row = 0;
  for (std::size_t i = 0; i < batch.sequences.size(); ++i) {
    const StepSequence& sequence = batch.sequences[i];
    HEARTH_CHECK(sequence.first_row == next_row, "the sequences of a step cover its rows in order");
    for (std::int32_t row = 0; row < sequence.n_rows; ++row) {
      const std::int64_t position = sequence.first_position + row;
      RowPlace& place = places_[static_cast<std::size_t>(next_row) + static_cast<std::size_t>(row)];
      place = {.sequence = static_cast<std::int32_t>(i), .position = position};
      if (ropes != nullptr) {
        place.rope_slot = ropes->slot(std::max(sequence.prompt_length, position + 1), position);
      }
    }
    next_row += sequence.n_rows;
    add_attention_items(sequence, static_cast<std::int32_t>(i), n_heads);
  }
  HEARTH_CHECK(next_row == n_rows(), "the sequences of a step cover all its rows");
  if (ropes != nullptr) {
    ropes->make_room();
  }
  for (std::int32_t layer = 0; layer < shape_.n_layers; ++layer) {
    next_items_[static_cast<std::size_t>(layer)].store(0, std::memory_order_relaxed);
  }
}

// All query heads of a KV head share the reading of its keys and values; they are taken apart only where there would
// otherwise be too little to share out.
std::int32_t StepPlan::heads_per_item() const {
  std::int64_t n_tiles = 0;
  for (const StepSequence& sequence : batch_->sequences) {
    n_tiles += (sequence.n_rows + kAttentionTileRows - 1) / kAttentionTileRows;
  }
  const std::int32_t group = shape_.n_heads / shape_.n_kv_heads;
  for (std::int32_t n_heads = group; n_heads > 1; --n_heads) {
    if (group % n_heads != 0) {
      continue;
    }
    const std::int64_t n_items = n_tiles * shape_.n_kv_heads * (group / n_heads);
    const std::int64_t n_rounds = (n_items + shape_.n_workers - 1) / shape_.n_workers;
    if (n_rounds * shape_.n_workers * 4 <= n_items * 5) {  // at most a fifth of the workers' time is idle
      return n_heads;
    }
  }
  return 1;
}

void StepPlan::add_attention_items(const StepSequence& sequence, std::int32_t index, std::int32_t heads_per_item) {
  const std::int32_t group = shape_.n_heads / shape_.n_kv_heads;
  tile_ends_.clear();
  std::int32_t n = 0;  // rows of the tile so far
  for (std::int32_t row = 1; row <= sequence.n_rows; ++row) {
    ++n;
    const bool is_last = row == sequence.n_rows;
    if (is_last || n == kAttentionTileRows ||
        place(sequence.first_row + row).rope_slot != place(sequence.first_row + row - 1).rope_slot) {
      tile_ends_.push_back(row);
      n = 0;
    }
  }
  // Later rows see more positions: the longest items go first.
  for (std::size_t tile = tile_ends_.size(); tile-- > 0;) {
    const std::int32_t begin = tile == 0 ? 0 : tile_ends_[tile - 1];
    const std::int32_t end = tile_ends_[tile];
    for (std::int32_t head = 0; head < shape_.n_heads; head += heads_per_item) {
      items_.push_back({index, sequence.first_row + begin, end - begin, head / group, head, heads_per_item});
    }
  }
}

}  // namespace hearth::model
