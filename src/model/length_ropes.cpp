#include "model/length_ropes.h"

#include <algorithm>

namespace hearth::model {

LengthRopes::LengthRopes(const std::vector<Rope>& ropes) : ropes_(&ropes) {
  for (const Rope& rope : ropes) {
    if (!rope.follows_length()) {
      continue;
    }
    const std::int64_t original = rope.spec().original_context;
    // Classes that change at different lengths are as good as dynamic: every length is taken for itself.
    is_dynamic_ = is_dynamic_ || rope.spec().scaling == RopeScaling::kDynamic ||
                  (follows_length_ && original != original_context_);
    original_context_ = follows_length_ ? std::min(original_context_, original) : original;
    follows_length_ = true;
  }
}

std::int64_t LengthRopes::regime(std::int64_t length) const {
  if (length <= original_context_) {
    return 0;
  }
  return is_dynamic_ ? length : 1;
}

void LengthRopes::begin_step() {
  for (Slot& slot : slots_) {
    slot.is_used = false;
  }
}

std::int32_t LengthRopes::take_slot(std::int64_t regime, std::int64_t length) {
  // The tables of short sequences are wanted again and again; those of one length only while a prompt is read.
  auto slot = std::ranges::find_if(slots_, [](const Slot& other) { return !other.is_used && other.regime > 0; });
  if (slot == slots_.end()) {
    slots_.emplace_back();
    slot = slots_.end() - 1;
  }
  slot->regime = regime;
  slot->n_positions = 0;
  slot->n_filled = 0;
  slot->tables.resize(ropes_->size());
  for (std::size_t i = 0; i < ropes_->size(); ++i) {
    if ((*ropes_)[i].follows_length()) {
      slot->tables[i].angles = (*ropes_)[i].angles_at(length);
    }
  }
  return static_cast<std::int32_t>(slot - slots_.begin());
}

std::int32_t LengthRopes::slot(std::int64_t length, std::int64_t position) {
  const std::int64_t wanted = regime(length);
  const auto found = std::ranges::find(slots_, wanted, &Slot::regime);
  const std::int32_t index =
      found != slots_.end() ? static_cast<std::int32_t>(found - slots_.begin()) : take_slot(wanted, length);
  Slot& slot = slots_[static_cast<std::size_t>(index)];
  slot.is_used = true;
  slot.n_positions = std::max(slot.n_positions, position + 1);
  return index;
}

void LengthRopes::make_room() {
  for (Slot& slot : slots_) {
    slot.fill_from = slot.n_filled;
    if (!slot.is_used) {
      slot.n_positions = slot.n_filled;
      continue;
    }
    slot.n_positions = std::max(slot.n_positions, slot.n_filled);
    slot.n_filled = slot.n_positions;
    for (Table& table : slot.tables) {
      table.cos.resize(static_cast<std::size_t>(slot.n_positions) * table.angles.frequencies.size());
      table.sin.resize(table.cos.size());
    }
  }
}

void LengthRopes::fill(int worker, int n_workers) {
  for (Slot& slot : slots_) {
    const std::int64_t n_new = slot.n_positions - slot.fill_from;
    const std::int64_t begin = slot.fill_from + n_new * worker / n_workers;
    const std::int64_t end = slot.fill_from + n_new * (worker + 1) / n_workers;
    for (Table& table : slot.tables) {
      const auto n_pairs = static_cast<std::int64_t>(table.angles.frequencies.size());
      for (std::int64_t position = begin; position < end; ++position) {
        for (std::int64_t pair = 0; pair < n_pairs; ++pair) {
          const auto at = static_cast<std::size_t>(position * n_pairs + pair);
          rope_angle(table.angles, pair, position, &table.cos[at], &table.sin[at]);
        }
      }
    }
  }
}

}  // namespace hearth::model
