#include <algorithm>
#include <array>

#include "model/pass.h"

namespace hearth::model {

// Logits of the rows that want them: residual, last norm, output head, scale and soft cap. Rows are gathered in front
// of the inputs' buffer.
void run_output(Pass& pass) {
  const StepBatch& batch = pass.plan().batch();
  const Linear& head = pass.weights().output;
  const std::array<const Linear*, 1> readers = {&head};
  const auto n_logit_rows = static_cast<std::int64_t>(batch.logit_rows.size());
  if (n_logit_rows == 0) {
    return;
  }
  InputRows& inputs = pass.rows().inputs;
  const bool is_projected = pass.spec().token_dim() != pass.spec().hidden_dim;
  const std::int64_t stride = row_stride(pass.spec().token_dim());
  const Range rows = pass.prepared(n_logit_rows);
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    float* input = inputs.values + i * stride;
    const float* x = pass.add_pending(batch.logit_rows[static_cast<std::size_t>(i)]);
    float* normed = is_projected ? pass.scratch().row : input;
    pass.norm(pass.weights().output_norm, x, normed);
    if (is_projected) {
      pass.multiply_row(pass.weights().project_out, normed, input);
    }
    pass.quantize(readers, input, i, inputs);
  }
  pass.finish_preparing();

  const kernels::PanelRange panels = pass.panels(head.matrix);
  const std::int64_t n_vocab = head.matrix.n_rows;
  float* logits = pass.plan().logits();
  pass.kernels().gemm(head.matrix, pass.view(head, inputs, inputs.values, {0, n_logit_rows}), panels,
                      {.values = logits, .row_stride = n_vocab, .bias = head.bias});
  const float scale = pass.spec().logit_scale;
  const float cap = pass.spec().logit_softcap;
  if (scale == 1.0F && cap == 0.0F) {
    return;
  }
  const std::int64_t first = panels.begin * head.matrix.panel_rows;
  const std::int64_t n = std::min(panels.end * head.matrix.panel_rows, n_vocab) - first;
  for (std::int64_t i = 0; i < n_logit_rows && n > 0; ++i) {
    float* values = logits + i * n_vocab + first;
    if (scale != 1.0F) {
      pass.kernels().scale(values, scale, n, values);
    }
    if (cap > 0.0F) {
      pass.kernels().softcap(values, cap, n, values);
    }
  }
}

}  // namespace hearth::model
