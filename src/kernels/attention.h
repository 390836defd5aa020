// The KV cache as kernels see it, and the attention task over it.
//
// A block holds 32 positions of all layers of one KV group. Within (block, layer, KV head): K is stored transposed,
// [head_dim][32], so that one vector load serves several positions and no score needs a horizontal sum; V is
// [32][head_dim]. Scores, softmax and the weighted sum run over fixed partitions of 256 absolute positions, merged in
// position order, in prefill and in decode alike: a row's result does not depend on the other rows of its batch.
#pragma once

#include <cstdint>

namespace hearth::kernels {

inline constexpr std::int32_t kKvBlockPositions = 32;
inline constexpr std::int32_t kAttentionPartition = 256;

enum class KvType : std::uint8_t { kF32, kF16, kQ8_0 };

// Addresses: base + block * block_bytes + layer * layer_bytes + (is_value ? value_offset : 0) + kv_head * head_bytes.
struct KvView {
  KvType type = KvType::kF16;
  unsigned char* base = nullptr;
  std::int64_t block_bytes = 0;
  std::int64_t layer_bytes = 0;
  std::int64_t value_offset = 0;
  std::int64_t head_bytes = 0;  // one head's K (or V) of one block
  std::int32_t head_dim = 0;
  std::int32_t n_kv_heads = 0;
};

// Bytes of one head's K (= V) in one block.
std::int64_t kv_head_bytes(KvType type, std::int32_t head_dim);

// Writes the key and value of one position and KV head.
struct KvStore {
  const KvView* kv = nullptr;
  std::int32_t layer = 0;  // index within the KV group
  std::int32_t kv_head = 0;
  std::int32_t block = 0;
  std::int32_t offset = 0;       // position within the block
  const float* key = nullptr;    // [head_dim]
  const float* value = nullptr;  // [head_dim]
};

// Attention of consecutive rows of one sequence for the query heads that share one KV head (GQA).
struct AttentionTask {
  const KvView* kv = nullptr;
  std::int32_t layer = 0;
  std::int32_t kv_head = 0;
  const std::int32_t* block_table = nullptr;  // position / 32 -> block
  const float* queries = nullptr;             // row r, head h: queries + r * row_stride + h * head_dim
  float* out = nullptr;                       // same strides
  std::int64_t row_stride = 0;                // in floats
  std::int32_t n_rows = 0;
  std::int32_t n_heads = 0;             // query heads of this KV head, consecutive
  std::int64_t first_position = 0;      // absolute position of row 0; row r sees positions <= first_position + r
  std::int32_t window = 0;              // 0: all; w: only positions > own - w
  float scale = 1.0F;                   // on q·k
  float softcap = 0.0F;                 // 0: none; c: c * tanh(score / c)
  const float* alibi_slopes = nullptr;  // [n_heads] or null
  // For rope that depends on the sequence length keys are stored un-rotated and turned when read:
  // cos/sin of position p, pair i at key_cos[p * n_rotated/2 + i]. Null: keys are stored as used.
  const float* key_cos = nullptr;
  const float* key_sin = nullptr;
  std::int32_t n_rotated = 0;
  bool interleaved = false;
};

}  // namespace hearth::kernels
