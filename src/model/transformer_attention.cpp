#include <algorithm>
#include <array>
#include <vector>

#include "model/pass.h"

namespace hearth::model {
namespace {

kernels::GemmOutput output_of(const Linear& linear, float* values) {
  return {.values = values, .row_stride = row_stride(linear.matrix.n_rows), .bias = linear.bias};
}

// Residual, norm and quantisation of the rows that q, k and v read.
void prepare_inputs(Pass& pass, const LayerWeights& weights) {
  const std::array<const Linear*, 3> readers = {&weights.query, &weights.key, &weights.value};
  InputRows& inputs = pass.rows().inputs;
  const std::int64_t stride = row_stride(pass.spec().hidden_dim);
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* normed = inputs.values + row * stride;
    pass.norm(weights.attention_norm, pass.add_pending(row), normed);
    pass.quantize(readers, normed, row, inputs);
  }
  pass.finish_preparing();
}

void project(Pass& pass, const Linear& linear, kernels::PanelRange panels, float* values) {
  if (panels.begin < panels.end) {
    const InputRows& inputs = pass.rows().inputs;
    const kernels::ActivationView view = pass.view(linear, inputs, inputs.values, {0, pass.n_rows()});
    pass.kernels().gemm(linear.matrix, view, panels, output_of(linear, values));
  }
}

// Null for a layer that does not rotate.
const Rope* rope_of(const Pass& pass, std::int32_t layer) {
  const std::int32_t rope_class = pass.spec().layers[static_cast<std::size_t>(layer)].rope_class;
  return rope_class == kNoRope ? nullptr : &pass.network().parts.ropes[static_cast<std::size_t>(rope_class)];
}

kernels::RopeRow rope_row(const Pass& pass, std::int32_t layer, std::int64_t row) {
  const Rope* rope = rope_of(pass, layer);
  if (rope == nullptr) {
    return {};
  }
  const std::int32_t rope_class = pass.spec().layers[static_cast<std::size_t>(layer)].rope_class;
  const Workspace& space = pass.space();
  const std::int64_t offset = (std::int64_t{rope_class} * space.max_rows + row) * space.rope_stride;
  return {.cos = space.rope_cos + offset,
          .sin = space.rope_sin + offset,
          .n_rotated = rope->spec().n_rotated,
          .interleaved = rope->spec().interleaved};
}

void finish_head(const Pass& pass, const float* norm_weight, const kernels::RopeRow& rope, float* head) {
  if (norm_weight != nullptr) {
    pass.kernels().rms_norm(head, norm_weight, pass.spec().norm_eps, pass.spec().head_dim, head);
  }
  if (rope.n_rotated > 0) {
    pass.kernels().rope(head, rope);
  }
}

void store_head(const Pass& pass, std::int32_t layer, std::int64_t row, std::int64_t head) {
  const KvPlace& place = pass.network().kv_places[static_cast<std::size_t>(layer)];
  const RowPlace& at = pass.plan().place(static_cast<std::int32_t>(row));
  const StepSequence& sequence = pass.plan().batch().sequences[static_cast<std::size_t>(at.sequence)];
  const std::int32_t* table = sequence.block_tables[static_cast<std::size_t>(place.group)];
  const std::int64_t offset =
      row * row_stride(std::int64_t{pass.spec().n_kv_heads} * pass.spec().head_dim) + head * pass.spec().head_dim;
  pass.kernels().store_kv({.kv = &pass.plan().batch().kv[static_cast<std::size_t>(place.group)],
                           .layer = place.layer,
                           .kv_head = static_cast<std::int32_t>(head),
                           .block = table[at.position / kernels::kKvBlockPositions],
                           .offset = static_cast<std::int32_t>(at.position % kernels::kKvBlockPositions),
                           .key = pass.space().key + offset,
                           .value = pass.space().value + offset});
}

void clamp(float limit, std::int64_t n, float* values) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = std::min(std::max(values[i], -limit), limit);
  }
}

// Keeps this worker's queries, keys and values within the model's limit.
void clamp_heads(const Pass& pass, const AttentionShare& mine) {
  const ArchSpec& spec = pass.spec();
  const std::int64_t query_stride = row_stride(std::int64_t{spec.n_heads} * spec.head_dim);
  const std::int64_t key_stride = row_stride(std::int64_t{spec.n_kv_heads} * spec.head_dim);
  const std::int64_t n_query = (mine.query.heads.end - mine.query.heads.begin) * spec.head_dim;
  const std::int64_t n_kv = (mine.kv.heads.end - mine.kv.heads.begin) * spec.head_dim;
  for (std::int64_t row = 0; row < pass.n_rows(); ++row) {
    const std::int64_t key = row * key_stride + mine.kv.heads.begin * spec.head_dim;
    clamp(spec.qkv_clamp, n_query, pass.space().query + row * query_stride + mine.query.heads.begin * spec.head_dim);
    clamp(spec.qkv_clamp, n_kv, pass.space().key + key);
    clamp(spec.qkv_clamp, n_kv, pass.space().value + key);
  }
}

// Queries, keys and values of this worker's heads: projected, normed, turned, and stored. Keys that attention turns
// when it reads them are stored as they are.
void compute_heads(Pass& pass, const LayerWeights& weights, std::int32_t layer) {
  const ArchSpec& spec = pass.spec();
  const AttentionShare mine = attention_share(spec, weights.query.matrix.panel_rows, pass.worker(), pass.n_workers());
  const std::int64_t query_stride = row_stride(std::int64_t{spec.n_heads} * spec.head_dim);
  const std::int64_t key_stride = row_stride(std::int64_t{spec.n_kv_heads} * spec.head_dim);
  project(pass, weights.query, mine.query.panels, pass.space().query);
  project(pass, weights.key, mine.kv.panels, pass.space().key);
  project(pass, weights.value, mine.kv.panels, pass.space().value);
  if (spec.qkv_clamp > 0.0F) {
    clamp_heads(pass, mine);
  }
  const Rope* const own_rope = rope_of(pass, layer);
  const bool turns_keys = own_rope != nullptr && !own_rope->follows_length();
  for (std::int64_t row = 0; row < pass.n_rows(); ++row) {
    const kernels::RopeRow rope = rope_row(pass, layer, row);
    for (std::int64_t head = mine.query.heads.begin; head < mine.query.heads.end; ++head) {
      finish_head(pass, weights.query_norm, rope, pass.space().query + row * query_stride + head * spec.head_dim);
    }
    for (std::int64_t head = mine.kv.heads.begin; head < mine.kv.heads.end; ++head) {
      finish_head(pass, weights.key_norm, turns_keys ? rope : kernels::RopeRow{},
                  pass.space().key + row * key_stride + head * spec.head_dim);
      store_head(pass, layer, row, head);
    }
  }
}

void set_key_rotation(const Pass& pass, std::int32_t layer, std::int32_t slot, kernels::AttentionTask& task) {
  const auto rope_class = static_cast<std::size_t>(pass.spec().layers[static_cast<std::size_t>(layer)].rope_class);
  const Rope& rope = pass.network().parts.ropes[rope_class];
  task.key_cos = pass.network().length_ropes.key_cos(slot, rope_class);
  task.key_sin = pass.network().length_ropes.key_sin(slot, rope_class);
  task.n_rotated = rope.spec().n_rotated;
  task.interleaved = rope.spec().interleaved;
}

void attend(Pass& pass, std::int32_t layer) {
  const ArchSpec& spec = pass.spec();
  const StepBatch& batch = pass.plan().batch();
  const KvPlace& place = pass.network().kv_places[static_cast<std::size_t>(layer)];
  const auto group = static_cast<std::size_t>(place.group);
  const std::int64_t stride = row_stride(std::int64_t{spec.n_heads} * spec.head_dim);
  const std::vector<float>& slopes = pass.network().alibi_slopes;
  const Rope* const rope = rope_of(pass, layer);
  const bool turns_keys = rope != nullptr && rope->follows_length();
  while (const AttentionItem* item = pass.plan().take_attention_item(layer)) {
    const StepSequence& sequence = batch.sequences[static_cast<std::size_t>(item->sequence)];
    const std::int64_t offset = item->first_row * stride + std::int64_t{item->first_head} * spec.head_dim;
    kernels::AttentionTask task = {.kv = &batch.kv[group],
                                   .layer = place.layer,
                                   .kv_head = item->kv_head,
                                   .block_table = sequence.block_tables[group],
                                   .queries = pass.space().query + offset,
                                   .out = pass.space().attention + offset,
                                   .row_stride = stride,
                                   .n_rows = item->n_rows,
                                   .n_heads = item->n_heads,
                                   .first_position = pass.plan().place(item->first_row).position,
                                   .window = pass.network().kv_groups[group].window,
                                   .scale = spec.attention_scale,
                                   .softcap = spec.attention_softcap,
                                   .alibi_slopes = slopes.empty() ? nullptr : slopes.data() + item->first_head};
    if (turns_keys) {
      set_key_rotation(pass, layer, pass.plan().place(item->first_row).rope_slot, task);
    }
    pass.kernels().attention(task, pass.scratch().attention);
  }
}

void project_output(Pass& pass, const Linear& linear, float* output) {
  const std::array<const Linear*, 1> readers = {&linear};
  InputRows& inputs = pass.rows().inputs;
  const float* attention = pass.space().attention;
  if (!linear.reads_floats()) {
    const Range rows = pass.prepared(pass.n_rows());
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      pass.quantize(readers, attention + row * row_stride(linear.matrix.n_cols), row, inputs);
    }
    pass.finish_preparing();
  }
  const kernels::ActivationView view = pass.view(linear, inputs, attention, {0, pass.n_rows()});
  pass.kernels().gemm(linear.matrix, view, pass.panels(linear.matrix), output_of(linear, output));
}

}  // namespace

void run_attention(Pass& pass, std::int32_t layer) {
  const LayerWeights& weights = pass.weights().layers[static_cast<std::size_t>(layer)];
  prepare_inputs(pass, weights);
  compute_heads(pass, weights, layer);
  pass.barrier();
  attend(pass, layer);
  pass.barrier();
  if (pass.spec().parallel_block) {
    project_output(pass, weights.attention_output, pass.space().attention_output);
    // Feed-forward does not read it; but shared inputs may be written again only when all have read them.
    pass.finish_preparing();
    return;
  }
  project_output(pass, weights.attention_output, pass.space().output);
  pass.barrier();
  pass.set_pending(
      {.exists = true, .post_norm = weights.attention_post_norm, .residual_norm = weights.attention_residual_norm});
}

}  // namespace hearth::model
