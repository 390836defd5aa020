// StepBudget: how many rows a step may hold, from the measured speed of the steps before it.
//
// While any sequence decodes, a step should take no longer than the budget, or its readers see the text stall. No
// result depends on the numbers chosen here.
#pragma once

#include <cstdint>

namespace hearth::engine {

class StepBudget {
 public:
  StepBudget(std::int32_t max_rows, std::int32_t budget_ms) : max_rows_(max_rows), budget_ms_(budget_ms) {}

  // Rows for the next step, those that decode included.
  std::int32_t n_rows(std::int32_t n_decode_rows) const;
  // What a step took.
  void record(std::int32_t n_decode_rows, std::int32_t n_prefill_rows, double ms);

 private:
  std::int32_t max_rows_;
  double budget_ms_;
  double decode_step_ms_ = 0;  // a step without prefill; 0: not measured
  double prefill_row_ms_ = 0;
};

}  // namespace hearth::engine
