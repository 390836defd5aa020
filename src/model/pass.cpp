#include "model/pass.h"

#include <algorithm>
#include <numeric>

namespace hearth::model {

Range share(std::int64_t n, int worker, int n_workers) {
  return {n * worker / n_workers, n * (worker + 1) / n_workers};
}

namespace {

constexpr std::int64_t kQueryCost = 1;
constexpr std::int64_t kKvCost = 2;  // a key and a value

// Units whose middle lies in this worker's part of the whole cost.
Range units_of(std::int64_t n_units, std::int64_t first_cost, std::int64_t unit_cost, const Range& part) {
  const auto first_at = [&](std::int64_t cost) {
    // Smallest unit i with first_cost + i * unit_cost + unit_cost / 2 >= cost, everything doubled.
    const std::int64_t doubled = 2 * cost - 2 * first_cost - unit_cost;
    return std::clamp<std::int64_t>((doubled + 2 * unit_cost - 1) / (2 * unit_cost), 0, n_units);
  };
  return {first_at(part.begin), first_at(part.end)};
}

HeadShare head_share(std::int64_t unit_heads, std::int64_t n_heads, std::int64_t unit_panels, const Range& units) {
  const std::int64_t end = std::min(units.end * unit_heads, n_heads);
  return {{std::min(units.begin * unit_heads, n_heads), end}, {units.begin * unit_panels, units.end * unit_panels}};
}

}  // namespace

AttentionShare attention_share(const ArchSpec& spec, std::int32_t panel_rows, int worker, int n_workers) {
  // A unit is the fewest heads that end at the end of a panel.
  const std::int64_t unit_rows = std::lcm<std::int64_t>(spec.head_dim, panel_rows);
  const std::int64_t unit_heads = unit_rows / spec.head_dim;
  const std::int64_t unit_panels = unit_rows / panel_rows;
  const std::int64_t n_query_units = (spec.n_heads + unit_heads - 1) / unit_heads;
  const std::int64_t n_kv_units = (spec.n_kv_heads + unit_heads - 1) / unit_heads;
  const std::int64_t query_cost = n_query_units * kQueryCost;
  const Range part = share(query_cost + n_kv_units * kKvCost, worker, n_workers);
  AttentionShare result;
  result.query = head_share(unit_heads, spec.n_heads, unit_panels, units_of(n_query_units, 0, kQueryCost, part));
  result.kv = head_share(unit_heads, spec.n_kv_heads, unit_panels, units_of(n_kv_units, query_cost, kKvCost, part));
  const auto clip = [panel_rows](HeadShare& share, std::int64_t n_rows) {
    const std::int64_t n_panels = (n_rows + panel_rows - 1) / panel_rows;
    share.panels = {std::min(share.panels.begin, n_panels), std::min(share.panels.end, n_panels)};
  };
  clip(result.query, std::int64_t{spec.n_heads} * spec.head_dim);
  clip(result.kv, std::int64_t{spec.n_kv_heads} * spec.head_dim);
  return result;
}

Pass::Pass(Network& network, StepPlan& plan, int worker)
    : network_(network), plan_(plan), worker_(worker), is_shared_(plan.n_rows() >= kRedundantRows) {
  rows_ = is_shared_ ? &network_.space.rows : &scratch().rows;
}

void Pass::finish_preparing() const {
  if (is_shared_) {
    barrier();
  }
}

kernels::PanelRange Pass::panels(const kernels::PackedMatrix& matrix) const {
  const Range range = share(matrix.n_panels(), worker_, n_workers());
  return {range.begin, range.end};
}

// The outputs of row `row`'s experts, weighted and added up in this worker's scratch row.
float* Pass::add_mixture(std::int64_t row) const {
  const std::int64_t n = spec().hidden_dim;
  const std::int64_t stride = row_stride(n);
  const Routing& routing = scratch().routing;
  const std::int64_t n_used = spec().experts.n_used;
  const float* row_weights = (is_shared_ ? space().expert_weights : routing.weights) + row * n_used;
  float* mixed = scratch().row;
  std::fill_n(mixed, n, 0.0F);
  for (std::int64_t rank = 0; rank < n_used; ++rank) {
    const std::int64_t slot = routing.slots[row * n_used + rank];
    kernels().axpy(row_weights[rank], space().output + slot * stride, n, mixed);
  }
  if (pending_.has_shared) {
    kernels().axpy(rows_->shared_weights[row], space().shared_output + row * stride, n, mixed);
  }
  return mixed;
}

float* Pass::add_pending(std::int64_t row) const {
  const std::int64_t n = spec().hidden_dim;
  const std::int64_t stride = row_stride(n);
  float* x = residual(row);
  if (!pending_.exists) {
    return x;
  }
  const float* output = pending_.is_mixture ? add_mixture(row) : space().output + row * stride;
  if (pending_.post_norm.exists) {
    float* normed = scratch().row + stride;
    norm(pending_.post_norm, output, normed);
    output = normed;
  }
  if (pending_.has_attention) {
    add_scaled(space().attention_output + row * stride, x);
  }
  add_scaled(output, x);
  if (pending_.residual_norm.exists) {
    norm(pending_.residual_norm, x, x);
  }
  return x;
}

void Pass::add_scaled(const float* output, float* x) const {
  if (spec().residual_scale == 1.0F) {
    kernels().add(x, output, spec().hidden_dim, x);
  } else {
    kernels().axpy(spec().residual_scale, output, spec().hidden_dim, x);
  }
}

void Pass::norm(const Norm& norm, const float* x, float* out) const {
  if (!norm.exists) {
    std::copy_n(x, spec().hidden_dim, out);
  } else if (spec().norm == NormKind::kRms) {
    kernels().rms_norm(x, norm.weight, spec().norm_eps, spec().hidden_dim, out);
  } else {
    kernels().layer_norm(x, norm.weight, norm.bias, spec().norm_eps, spec().hidden_dim, out);
  }
}

void Pass::put_in_order(const Linear& linear, const float* values, float* out) const {
  for (std::int64_t k = 0; k < linear.matrix.n_cols; ++k) {
    out[k] = values[linear.input_order[k]];
  }
}

void Pass::multiply_row(const Linear& linear, const float* x, float* out) const {
  InputRows inputs;
  if (linear.input_order != nullptr) {
    put_in_order(linear, x, scratch().ordered);
    inputs.ordered[static_cast<std::size_t>(linear.order_slot)] = reinterpret_cast<unsigned char*>(scratch().ordered);
  }
  kernels().gemm(linear.matrix, view(linear, inputs, x, {0, 1}), {0, linear.matrix.n_panels()},
                 {.values = out, .row_stride = row_stride(linear.matrix.n_rows), .bias = linear.bias});
}

void Pass::quantize(std::span<const Linear* const> linears, const float* values, std::int64_t row,
                    InputRows& inputs) const {
  for (std::size_t i = 0; i < kQuantizedKinds.size(); ++i) {
    const ActivationKind kind = kQuantizedKinds[i];
    const auto reads_kind = [kind](const Linear* linear) {
      return linear->input == kind && linear->input_order == nullptr;
    };
    const auto reader = std::ranges::find_if(linears, reads_kind);
    if (reader != linears.end()) {
      const std::int64_t n_cols = (*reader)->matrix.n_cols;
      const std::int64_t row_bytes = kernels().activation_row_bytes(kind, n_cols);
      kernels().quantize_row(kind, values, n_cols, inputs.quantized[i] + row * row_bytes);
    }
  }
  if (weights().n_order_slots > 0) {
    quantize_ordered(linears, values, row, inputs);
  }
}

void Pass::quantize_ordered(std::span<const Linear* const> linears, const float* values, std::int64_t row,
                            InputRows& inputs) const {
  for (std::int32_t slot = 0; slot < weights().n_order_slots; ++slot) {
    const auto reads_slot = [slot](const Linear* linear) {
      return linear->input_order != nullptr && linear->order_slot == slot;
    };
    const auto reader = std::ranges::find_if(linears, reads_slot);
    if (reader == linears.end()) {
      continue;
    }
    unsigned char* rows = inputs.ordered[static_cast<std::size_t>(slot)];
    const std::int64_t n_cols = (*reader)->matrix.n_cols;
    if ((*reader)->input == ActivationKind::kF32) {
      put_in_order(**reader, values, reinterpret_cast<float*>(rows) + row * row_stride(n_cols));
    } else {
      put_in_order(**reader, values, scratch().ordered);
      const std::int64_t row_bytes = kernels().activation_row_bytes((*reader)->input, n_cols);
      kernels().quantize_row((*reader)->input, scratch().ordered, n_cols, rows + row * row_bytes);
    }
  }
}

kernels::ActivationView Pass::view(const Linear& linear, const InputRows& inputs, const float* values,
                                   Range rows) const {
  kernels::ActivationView view;
  view.kind = linear.input;
  view.n_cols = linear.matrix.n_cols;
  view.n_rows = rows.end - rows.begin;
  const unsigned char* first = nullptr;
  if (view.kind == ActivationKind::kF32) {
    view.row_bytes = row_stride(view.n_cols) * static_cast<std::int64_t>(sizeof(float));
    first = reinterpret_cast<const unsigned char*>(values);
  } else {
    view.row_bytes = kernels().activation_row_bytes(view.kind, view.n_cols);
    first = inputs.quantized[view.kind == kQuantizedKinds[0] ? 0 : 1];
  }
  if (linear.input_order != nullptr) {
    first = inputs.ordered[static_cast<std::size_t>(linear.order_slot)];
  }
  view.data = first + rows.begin * view.row_bytes;
  return view;
}

}  // namespace hearth::model
