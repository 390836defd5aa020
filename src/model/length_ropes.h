// LengthRopes: rope angles that depend on the length of each sequence (dynamic scaling, and longrope by length).
//
// Row p of a sequence uses the length max(prompt length, p + 1), for its query and for all keys it reads (design.md,
// "KV cache"). Keys are stored un-rotated; attention turns them by tables of cos and sin per position. Rows whose
// length gives the same frequencies share a slot. StepPlan asks for slots, workers fill the tables before the first
// layer; tables are kept from step to step and extended.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/rope.h"

namespace hearth::model {

class LengthRopes {
 public:
  LengthRopes() = default;
  // The ropes of all classes, those that do not follow the length included. `ropes` must outlive this.
  explicit LengthRopes(const std::vector<Rope>& ropes);

  // Whether no class follows the length.
  bool empty() const { return !follows_length_; }
  // Sequences up to this length all use the same frequencies.
  std::int64_t original_context() const { return original_context_; }

  // By worker 0: forgets which slots are used, then names the slot of each row.
  void begin_step();
  std::int32_t slot(std::int64_t length, std::int64_t position);
  // By worker 0, after all calls of slot(): makes room.
  void make_room();
  // By each worker: its part of the tables.
  void fill(int worker, int n_workers);

  const RopeAngles& angles(std::int32_t slot, std::size_t rope_class) const { return table(slot, rope_class).angles; }
  // [position, n_rotated / 2]
  const float* key_cos(std::int32_t slot, std::size_t rope_class) const { return table(slot, rope_class).cos.data(); }
  const float* key_sin(std::int32_t slot, std::size_t rope_class) const { return table(slot, rope_class).sin.data(); }

 private:
  struct Table {
    RopeAngles angles;  // no frequencies: the class does not follow the length
    std::vector<float> cos;
    std::vector<float> sin;
  };
  struct Slot {
    std::int64_t regime = 0;
    bool is_used = false;
    std::int64_t n_positions = 0;  // wanted
    std::int64_t n_filled = 0;
    std::int64_t fill_from = 0;  // in this step
    std::vector<Table> tables;   // one per class
  };

  // Lengths of one regime have the same frequencies.
  std::int64_t regime(std::int64_t length) const;
  const Table& table(std::int32_t slot, std::size_t rope_class) const {
    return slots_[static_cast<std::size_t>(slot)].tables[rope_class];
  }
  std::int32_t take_slot(std::int64_t regime, std::int64_t length);

  const std::vector<Rope>* ropes_ = nullptr;
  bool follows_length_ = false;
  bool is_dynamic_ = false;
  std::int64_t original_context_ = 0;
  std::deque<Slot> slots_;
};

}  // namespace hearth::model
