#include "engine/step_budget.h"

#include <algorithm>

namespace hearth::engine {
namespace {

// Prefill goes on at least this fast, or a prompt beside slow decoding would never end.
constexpr std::int32_t kMinPrefillRows = 16;
// Before anything is measured: a guess that even a slow machine does in about a second.
constexpr std::int32_t kFirstPrefillRows = 64;
// Weight of the newest step: attention grows with the context, so old measurements must fade.
constexpr double kNewest = 0.3;

void average(double& value, double sample) {
  value = value == 0 ? sample : value + kNewest * (sample - value);
}

}  // namespace

std::int32_t StepBudget::n_rows(std::int32_t n_decode_rows) const {
  if (n_decode_rows == 0) {
    return max_rows_;
  }
  std::int32_t n_prefill = kFirstPrefillRows;
  if (prefill_row_ms_ > 0) {
    const double n_fitting = std::max(0.0, budget_ms_ - decode_step_ms_) / prefill_row_ms_;
    n_prefill = static_cast<std::int32_t>(std::min<double>(n_fitting, max_rows_));
  }
  return std::min(max_rows_, n_decode_rows + std::max(n_prefill, kMinPrefillRows));
}

void StepBudget::record(std::int32_t n_decode_rows, std::int32_t n_prefill_rows, double ms) {
  if (n_prefill_rows == 0) {
    average(decode_step_ms_, ms);
  } else if (n_prefill_rows >= kMinPrefillRows) {
    // Decoding rows of a mixed step ride along nearly free: the weights are read once for all rows.
    average(prefill_row_ms_, ms / (n_prefill_rows + n_decode_rows));
  }
}

}  // namespace hearth::engine
