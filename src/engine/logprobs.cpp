#include "engine/logprobs.h"

namespace hearth::engine {

RowLogprobs row_logprobs(std::span<const float> logits, std::int32_t n_top, std::vector<Candidate>& scratch) {
  RowLogprobs row;
  row.log_sum = log_sum_exp(logits);
  collect_top(logits, n_top, scratch);
  row.top.reserve(scratch.size());
  for (const Candidate& candidate : scratch) {
    row.top.push_back({candidate.token, static_cast<float>(candidate.logit - row.log_sum)});
  }
  return row;
}

}  // namespace hearth::engine
