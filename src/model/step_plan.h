// StepPlan: what one forward pass works on, made by worker 0 before the others start and read by all.
//
// It turns a StepBatch into rows with positions and into attention tasks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/length_ropes.h"
#include "model/step.h"

namespace hearth::model {

struct RowPlace {
  std::int32_t sequence = 0;  // into StepBatch::sequences
  std::int64_t position = 0;
  std::int32_t rope_slot = 0;  // of LengthRopes, where the length of the sequence matters
};

// Rows of one sequence, with one rope slot, and query heads of one KV head.
struct AttentionItem {
  std::int32_t sequence = 0;
  std::int32_t first_row = 0;  // within the batch
  std::int32_t n_rows = 0;
  std::int32_t kv_head = 0;
  std::int32_t first_head = 0;  // within the batch of all query heads
  std::int32_t n_heads = 0;
};

class StepPlan {
 public:
  struct Shape {
    std::int32_t max_rows = 0;
    std::int32_t n_layers = 0;
    std::int32_t n_heads = 0;
    std::int32_t n_kv_heads = 0;
    int n_workers = 1;
  };

  explicit StepPlan(const Shape& shape);

  // `ropes`: null where no rope depends on the length of the sequence.
  void make(const StepBatch& batch, float* logits, LengthRopes* ropes = nullptr);

  const StepBatch& batch() const { return *batch_; }
  float* logits() const { return logits_; }
  std::int32_t n_rows() const { return static_cast<std::int32_t>(batch_->tokens.size()); }
  const RowPlace& place(std::int32_t row) const { return places_[static_cast<std::size_t>(row)]; }

  // The next attention item of a layer that no worker has taken yet; null when there is none. Who computes an item does
  // not change its result, so workers take them as they come.
  const AttentionItem* take_attention_item(std::int32_t layer) {
    const std::size_t i = next_items_[static_cast<std::size_t>(layer)].fetch_add(1, std::memory_order_relaxed);
    return i < items_.size() ? &items_[i] : nullptr;
  }

 private:
  void add_attention_items(const StepSequence& sequence, std::int32_t index, std::int32_t heads_per_item);
  std::int32_t heads_per_item() const;

  Shape shape_;
  const StepBatch* batch_ = nullptr;
  float* logits_ = nullptr;
  std::vector<RowPlace> places_;
  std::vector<std::int32_t> tile_ends_;  // of one sequence
  std::vector<AttentionItem> items_;
  std::unique_ptr<std::atomic<std::size_t>[]> next_items_;  // [n_layers]
};

}  // namespace hearth::model
