#include "model/step.h"

namespace hearth::model {

// Within a block: layer by layer, first the keys of all heads, then their values.
KvView kv_layout(const KvGroup& group, KvType type) {
  KvView view;
  view.type = type;
  view.head_dim = group.head_dim;
  view.n_kv_heads = group.n_kv_heads;
  view.head_bytes = kernels::kv_head_bytes(type, group.head_dim);
  view.value_offset = view.head_bytes * group.n_kv_heads;
  view.layer_bytes = 2 * view.value_offset;
  view.block_bytes = view.layer_bytes * group.n_layers;
  return view;
}

}  // namespace hearth::model
