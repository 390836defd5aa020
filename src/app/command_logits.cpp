#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/cli.h"
#include "app/open_model.h"
#include "base/json.h"
#include "model/single_sequence.h"

namespace hearth::app {
namespace {

Result<Json> logits_json(const LogitsOptions& options) {
  HEARTH_TRY(const auto path, locate_model(options.model));
  HEARTH_TRY(auto checkpoint, formats::open_checkpoint(path));
  HEARTH_TRY(const OpenedModel opened, load_for_command(std::move(checkpoint), options.model, options.exact));
  const auto kv_type = options.exact ? model::KvType::kF32 : model::KvType::kF16;
  const auto capacity = static_cast<std::int64_t>(options.tokens.size()) + options.n_generate;
  if (capacity > opened.model->context_size()) {
    return fail(ErrorCode::kInvalidArgument, std::to_string(capacity) + " positions are more than the context of " +
                                                 std::to_string(opened.model->context_size()) +
                                                 "; raise it with --context-size");
  }
  HEARTH_TRY(auto sequence, model::SingleSequence::create(*opened.model, kv_type, capacity));
  const std::int64_t chunk = options.chunk > 0 ? options.chunk : opened.model->max_rows();
  HEARTH_TRY(const auto report, model::report_logits(sequence, options.tokens, chunk, options.n_generate));
  return Json{{"n_vocab", opened.model->n_vocab()},
              {"argmax_per_pos", report.argmax_per_pos},
              {"last_logits", report.last_logits},
              {"generated", report.generated}};
}

}  // namespace

int run_logits(const LogitsOptions& options) {
  const auto value = logits_json(options);
  if (!value) {
    return report_failure(value.error());
  }
  std::fputs((base::dump_json(*value) + "\n").c_str(), stdout);
  return kExitDone;
}

}  // namespace hearth::app
