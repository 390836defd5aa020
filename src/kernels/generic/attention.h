// Attention over the paged cache: blocked online softmax with partitions at fixed absolute positions.
//
// Queries (rows x heads of one KV head) are taken in tiles that share the loads of keys and values. For one query the
// arithmetic is: scores of a partition as fp32 dot products in ascending dimension, their maximum, exponentials summed
// in position order by lane, the weighted sum of values in ascending position, then the partitions merged in order. All
// of that is determined by the query's own position, so a tile's other rows never change a bit; positions it may not
// see are never multiplied, not even by zero. Instantiated by kernels/isa/<level>/attention.cpp.
#pragma once

#include "kernels/generic/dot_tile.h"
#include "kernels/generic/kv_block.h"
#include "quant/packed/floats.h"

namespace hearth::kernels::generic {

inline constexpr int kTileQueries = 24;
// Up to this many queries read an f16 cache directly; more convert each block once.
inline constexpr int kDirectQueries = 6;

// What one query sees, in absolute positions, and its running softmax.
struct QueryState {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  float* out = nullptr;
  float slope = 0;
  float maximum = 0;
  float sum = 0;
  float partition_sum = 0;
  bool started = false;
};

// Scratch of one task, carved from the caller's buffer.
struct AttentionScratch {
  float* queries;  // [kTileQueries][head_dim]
  float* block;    // keys [head_dim][32] or values [32][padded_dim]
  float* scores;   // [kTileQueries][kAttentionPartition]
  float* part;     // [kTileQueries][padded_dim]
  float* acc;      // [kTileQueries][padded_dim]
  std::int32_t padded_dim;
};

template <typename Isa>
HEARTH_INLINE std::int32_t padded_head_dim(std::int32_t head_dim) {
  return (head_dim + Isa::kRows - 1) / Isa::kRows * Isa::kRows;
}

template <typename Isa>
std::int64_t attention_scratch_bytes(const AttentionTask& task) {
  const std::int64_t padded = padded_head_dim<Isa>(task.kv->head_dim);
  const std::int64_t floats = padded * (3 * kTileQueries + kPositions) + kTileQueries * kAttentionPartition;
  return floats * static_cast<std::int64_t>(sizeof(float)) + 64;
}

template <typename Isa>
HEARTH_INLINE AttentionScratch carve_scratch(const AttentionTask& task, unsigned char* scratch) {
  const auto address = reinterpret_cast<std::uintptr_t>(scratch);
  auto* at = reinterpret_cast<float*>(scratch + (64 - address % 64) % 64);
  AttentionScratch s{};
  s.padded_dim = padded_head_dim<Isa>(task.kv->head_dim);
  s.scores = at;
  s.block = s.scores + kTileQueries * kAttentionPartition;
  s.queries = s.block + kPositions * s.padded_dim;
  s.part = s.queries + kTileQueries * s.padded_dim;
  s.acc = s.part + kTileQueries * s.padded_dim;
  return s;
}

// c[t][0 .. n_vectors) = or += a · B.
struct TileC {
  float* data = nullptr;
  std::int64_t stride = 0;  // floats between rows
  bool accumulate = false;
};

template <typename Isa, typename Load, int kRowsA, int kVectors>
HEARTH_INLINE void matrix_tile(const float* a, std::int64_t a_stride, const TileB& b, std::int64_t n_k,
                               const TileC& c) {
  typename Isa::F sums[kRowsA][kVectors];
#pragma GCC unroll 6
  for (int t = 0; t < kRowsA; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sums[t][v] = c.accumulate ? Isa::load(c.data + t * c.stride + v * Isa::kRows) : Isa::zero();
    }
  }
  dot_tile<Isa, Load, kRowsA, kVectors>(a, a_stride, b, n_k, sums);
#pragma GCC unroll 6
  for (int t = 0; t < kRowsA; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Isa::store(c.data + t * c.stride + v * Isa::kRows, sums[t][v]);
    }
  }
}

// All vectors of B for kRowsA rows of A, widest tiles first.
template <typename Isa, typename Load, int kRowsA, int kWidest>
HEARTH_INLINE void matrix_rows(const float* a, std::int64_t a_stride, TileB b, std::int64_t n_k, int n_vectors,
                               TileC c) {
  while (n_vectors > 0) {
    int step = 1;
    if (kWidest >= 4 && n_vectors >= 4) {
      step = 4;
      matrix_tile<Isa, Load, kRowsA, kWidest >= 4 ? 4 : 1>(a, a_stride, b, n_k, c);
    } else if (n_vectors >= 2) {
      step = 2;
      matrix_tile<Isa, Load, kRowsA, 2>(a, a_stride, b, n_k, c);
    } else {
      matrix_tile<Isa, Load, kRowsA, 1>(a, a_stride, b, n_k, c);
    }
    b.data += step * b.vector_bytes;
    c.data += step * Isa::kRows;
    n_vectors -= step;
  }
}

// n_rows (<= 6) rows of A.
template <typename Isa, typename Load>
void matrix_product(const float* a, std::int64_t a_stride, int n_rows, const TileB& b, std::int64_t n_k, int n_vectors,
                    TileC c) {
  while (n_rows > 0) {
    const int step = Isa::kWideTiles && n_rows >= 3 ? (n_rows >= 6 ? 6 : 3) : 1;
    if constexpr (Isa::kWideTiles) {
      if (step == 6) {
        matrix_rows<Isa, Load, 6, 2>(a, a_stride, b, n_k, n_vectors, c);
      } else if (step == 3) {
        matrix_rows<Isa, Load, 3, 4>(a, a_stride, b, n_k, n_vectors, c);
      }
    }
    if (step == 1) {
      matrix_rows<Isa, Load, 1, Isa::kWideTiles ? 4 : 1>(a, a_stride, b, n_k, n_vectors, c);
    }
    a += step * a_stride;
    c.data += step * c.stride;
    n_rows -= step;
  }
}

// Turns keys [head_dim][32] that were stored un-rotated; positions from `end` on are not visible and have no angle.
HEARTH_INLINE void rotate_keys(const AttentionTask& task, std::int64_t first_position, std::int64_t end, float* keys) {
  const std::int32_t half = task.n_rotated / 2;
  const std::int64_t left = end - first_position;
  const std::int64_t n = left < kPositions ? left : kPositions;
  for (std::int32_t i = 0; i < half; ++i) {
    float* a = keys + (task.interleaved ? 2 * i : i) * kPositions;
    float* b = keys + (task.interleaved ? 2 * i + 1 : i + half) * kPositions;
    for (std::int64_t p = 0; p < n; ++p) {
      const float c = task.key_cos[(first_position + p) * half + i];
      const float s = task.key_sin[(first_position + p) * half + i];
      const float x = a[p];
      const float y = b[p];
      a[p] = x * c - y * s;
      b[p] = y * c + x * s;
    }
  }
}

// Where a block's keys or values can be read as a B of the micro-kernel.
struct BlockView {
  TileB b;
  bool is_f16 = false;
};

template <typename Isa>
HEARTH_INLINE BlockView direct_view(const KvView& kv, const unsigned char* data, std::int32_t row_elements) {
  const int size = kv.type == KvType::kF16 ? 2 : 4;
  return {{data, static_cast<std::int64_t>(row_elements) * size, static_cast<std::int64_t>(Isa::kRows) * size},
          kv.type == KvType::kF16};
}

template <typename Isa>
HEARTH_INLINE BlockView scratch_view(const float* block, std::int32_t row_elements) {
  return {{reinterpret_cast<const unsigned char*>(block), 4 * static_cast<std::int64_t>(row_elements),
           4 * static_cast<std::int64_t>(Isa::kRows)},
          false};
}

HEARTH_INLINE bool reads_directly(const AttentionTask& task, int n_queries) {
  return task.kv->type == KvType::kF32 || (task.kv->type == KvType::kF16 && n_queries <= kDirectQueries);
}

template <typename Isa>
HEARTH_INLINE BlockView key_view(const AttentionTask& task, std::int64_t first_position, std::int64_t end,
                                 int n_queries, const AttentionScratch& s) {
  const unsigned char* data =
      kv_address(*task.kv, task.block_table[first_position / kPositions], task.layer, task.kv_head, false);
  if (task.key_cos == nullptr && reads_directly(task, n_queries)) {
    return direct_view<Isa>(*task.kv, data, kPositions);
  }
  load_keys<Isa>(*task.kv, data, s.block);
  if (task.key_cos != nullptr) {
    rotate_keys(task, first_position, end, s.block);
  }
  return scratch_view<Isa>(s.block, kPositions);
}

template <typename Isa>
HEARTH_INLINE BlockView value_view(const AttentionTask& task, std::int64_t first_position, int n_queries,
                                   const AttentionScratch& s) {
  const unsigned char* data =
      kv_address(*task.kv, task.block_table[first_position / kPositions], task.layer, task.kv_head, true);
  if (task.kv->head_dim == s.padded_dim && reads_directly(task, n_queries)) {
    return direct_view<Isa>(*task.kv, data, s.padded_dim);
  }
  load_values<Isa>(*task.kv, data, s.padded_dim, s.block);
  return scratch_view<Isa>(s.block, s.padded_dim);
}

template <typename Isa>
HEARTH_INLINE void product(const float* a, std::int64_t a_stride, int n_rows, const BlockView& view, std::int64_t n_k,
                           int n_vectors, const TileC& c) {
  if (view.is_f16) {
    matrix_product<Isa, quant::packed::F16Loader<Isa>>(a, a_stride, n_rows, view.b, n_k, n_vectors, c);
  } else {
    matrix_product<Isa, quant::packed::F32Loader<Isa>>(a, a_stride, n_rows, view.b, n_k, n_vectors, c);
  }
}

HEARTH_INLINE std::int64_t clamp_to(std::int64_t value, std::int64_t low, std::int64_t high) {
  return value < low ? low : (value > high ? high : value);
}

// Lanes [begin, end) of the vector whose first lane is index i, the others `fill`.
template <typename Isa>
HEARTH_INLINE typename Isa::F keep_lanes(typename Isa::F x, std::int64_t i, std::int64_t begin, std::int64_t end,
                                         float fill) {
  float lanes[Isa::kRows];
  Isa::store(lanes, x);
  for (int lane = 0; lane < Isa::kRows; ++lane) {
    lanes[lane] = i + lane >= begin && i + lane < end ? lanes[lane] : fill;
  }
  return Isa::load(lanes);
}

// The visible scores of one partition to exponentials, in place: returns their maximum, leaves their sum in
// q.partition_sum. first: absolute position of scores[0].
template <typename Isa>
HEARTH_INLINE float softmax_partition(const AttentionTask& task, QueryState& q, std::int64_t first, float* scores) {
  const std::int64_t begin = clamp_to(q.begin - first, 0, kAttentionPartition);
  const std::int64_t end = clamp_to(q.end - first, 0, kAttentionPartition);
  const std::int64_t from = begin / Isa::kRows * Isa::kRows;
  const float least = -__builtin_inff();
  const auto by = Isa::floats(task.scale);
  auto largest = Isa::floats(least);
  for (std::int64_t i = from; i < end; i += Isa::kRows) {
    auto s = Isa::mul(Isa::load(scores + i), by);
    if (task.softcap != 0) {
      const auto cap = Isa::floats(task.softcap);
      s = Isa::mul(cap, tanh<Isa>(Isa::div(s, cap)));
    }
    if (q.slope != 0) {
      float distance[Isa::kRows];
      for (int lane = 0; lane < Isa::kRows; ++lane) {
        distance[lane] = static_cast<float>(first + i + lane - (q.end - 1));
      }
      s = Isa::add(s, Isa::mul(Isa::floats(q.slope), Isa::load(distance)));
    }
    if (i < begin || i + Isa::kRows > end) {
      s = keep_lanes<Isa>(s, i, begin, end, least);
    }
    Isa::store(scores + i, s);
    largest = Isa::max(s, largest);
  }
  const float maximum = Isa::max_of(largest);
  const auto top = Isa::floats(maximum);
  auto sum = Isa::zero();
  for (std::int64_t i = from; i < end; i += Isa::kRows) {
    const auto e = exp<Isa>(Isa::sub(Isa::load(scores + i), top));
    Isa::store(scores + i, e);
    sum = Isa::add(sum, e);
  }
  q.partition_sum = Isa::sum(sum);
  return maximum;
}

template <typename Isa>
HEARTH_INLINE float exp_of(float x) {
  float lanes[Isa::kRows];
  Isa::store(lanes, exp<Isa>(Isa::floats(x)));
  return lanes[0];
}

// Adds a partition's weighted values to the query's running result.
template <typename Isa>
HEARTH_INLINE void merge_partition(QueryState& q, float maximum, const float* part, std::int32_t padded_dim,
                                   float* acc) {
  if (!q.started) {
    q.started = true;
    q.maximum = maximum;
    q.sum = q.partition_sum;
    __builtin_memcpy(acc, part, 4 * static_cast<unsigned long>(padded_dim));
    return;
  }
  const float top = maximum > q.maximum ? maximum : q.maximum;
  const float old_factor = exp_of<Isa>(q.maximum - top);
  const float new_factor = exp_of<Isa>(maximum - top);
  q.sum = q.sum * old_factor + q.partition_sum * new_factor;
  q.maximum = top;
  for (std::int32_t d = 0; d < padded_dim; d += Isa::kRows) {
    const auto old_part = Isa::mul(Isa::load(acc + d), Isa::floats(old_factor));
    Isa::store(acc + d, Isa::add(old_part, Isa::mul(Isa::load(part + d), Isa::floats(new_factor))));
  }
}

// Weighted values of one block for up to six queries: the positions that all of them see as one tile, the ragged ends
// query by query, each query's positions in ascending order.
template <typename Isa>
HEARTH_INLINE void add_values(const QueryState* q, int n, std::int64_t first, const BlockView& view,
                              const float* weights, float* part, std::int32_t padded_dim) {
  std::int64_t begin[kDirectQueries];
  std::int64_t end[kDirectQueries];
  std::int64_t common_begin = 0;
  std::int64_t common_end = kPositions;
  for (int i = 0; i < n; ++i) {
    begin[i] = clamp_to(q[i].begin - first, 0, kPositions);
    end[i] = clamp_to(q[i].end - first, 0, kPositions);
    common_begin = begin[i] > common_begin ? begin[i] : common_begin;
    common_end = end[i] < common_end ? end[i] : common_end;
  }
  if (common_end < common_begin) {
    common_end = common_begin;
  }
  const int n_vectors = padded_dim / Isa::kRows;
  const auto add_range = [&](int i, int rows, std::int64_t from, std::int64_t to) __attribute__((always_inline)) {
    if (from < to) {
      BlockView at = view;
      at.b.data += from * view.b.row_bytes;
      product<Isa>(weights + i * kAttentionPartition + from, kAttentionPartition, rows, at, to - from, n_vectors,
                   {part + i * padded_dim, padded_dim, true});
    }
  };
  for (int i = 0; i < n; ++i) {
    add_range(i, 1, begin[i], end[i] < common_begin ? end[i] : common_begin);
  }
  add_range(0, n, common_begin, common_end);
  for (int i = 0; i < n; ++i) {
    add_range(i, 1, begin[i] > common_end ? begin[i] : common_end, end[i]);
  }
}

// One partition for a tile of queries.
template <typename Isa>
void attend_partition(const AttentionTask& task, QueryState* q, int n, std::int64_t partition,
                      const AttentionScratch& s) {
  const std::int64_t first = partition * kAttentionPartition;
  std::int64_t begin = q[0].begin;
  std::int64_t end = q[0].end;
  for (int i = 1; i < n; ++i) {
    begin = q[i].begin < begin ? q[i].begin : begin;
    end = q[i].end > end ? q[i].end : end;
  }
  begin = clamp_to(begin, first, first + kAttentionPartition) / kPositions * kPositions;
  end = clamp_to(end, first, first + kAttentionPartition);
  for (std::int64_t p = begin; p < end; p += kPositions) {
    const BlockView view = key_view<Isa>(task, p, end, n, s);
    for (int i = 0; i < n; i += kDirectQueries) {
      const int rows = n - i < kDirectQueries ? n - i : kDirectQueries;
      product<Isa>(s.queries + i * s.padded_dim, s.padded_dim, rows, view, task.kv->head_dim, kPositions / Isa::kRows,
                   {s.scores + i * kAttentionPartition + (p - first), kAttentionPartition, false});
    }
  }
  float maximum[kTileQueries];
  for (int i = 0; i < n; ++i) {
    maximum[i] = softmax_partition<Isa>(task, q[i], first, s.scores + i * kAttentionPartition);
  }
  __builtin_memset(s.part, 0, 4 * static_cast<unsigned long>(n * s.padded_dim));
  for (std::int64_t p = begin; p < end; p += kPositions) {
    const BlockView view = value_view<Isa>(task, p, n, s);
    for (int i = 0; i < n; i += kDirectQueries) {
      const int rows = n - i < kDirectQueries ? n - i : kDirectQueries;
      add_values<Isa>(q + i, rows, p, view, s.scores + i * kAttentionPartition + (p - first), s.part + i * s.padded_dim,
                      s.padded_dim);
    }
  }
  for (int i = 0; i < n; ++i) {
    // A partition that a query's window or own position leaves out does not exist for it.
    if (q[i].begin < first + kAttentionPartition && q[i].end > first) {
      merge_partition<Isa>(q[i], maximum[i], s.part + i * s.padded_dim, s.padded_dim, s.acc + i * s.padded_dim);
    }
  }
}

// Queries [first_query, first_query + n) of the task, counted row by row and head by head.
template <typename Isa>
void attend_tile(const AttentionTask& task, std::int64_t first_query, int n, const AttentionScratch& s) {
  const std::int32_t head_dim = task.kv->head_dim;
  QueryState q[kTileQueries];
  for (int i = 0; i < n; ++i) {
    const std::int64_t row = (first_query + i) / task.n_heads;
    const std::int64_t head = (first_query + i) % task.n_heads;
    q[i].end = task.first_position + row + 1;
    q[i].begin = task.window > 0 && q[i].end > task.window ? q[i].end - task.window : 0;
    q[i].slope = task.alibi_slopes != nullptr ? task.alibi_slopes[head] : 0.0F;
    const std::int64_t at = row * task.row_stride + head * head_dim;
    q[i].out = task.out + at;
    __builtin_memcpy(s.queries + i * s.padded_dim, task.queries + at, 4 * static_cast<unsigned long>(head_dim));
  }
  const std::int64_t last = (q[n - 1].end - 1) / kAttentionPartition;
  for (std::int64_t partition = q[0].begin / kAttentionPartition; partition <= last; ++partition) {
    attend_partition<Isa>(task, q, n, partition, s);
  }
  for (int i = 0; i < n; ++i) {
    const float* acc = s.acc + i * s.padded_dim;
    const float inverse = 1.0F / q[i].sum;
    for (std::int32_t d = 0; d < head_dim; ++d) {
      q[i].out[d] = acc[d] * inverse;
    }
  }
}

template <typename Isa>
void attention(const AttentionTask& task, unsigned char* scratch) {
  const AttentionScratch s = carve_scratch<Isa>(task, scratch);
  const std::int64_t n_queries = static_cast<std::int64_t>(task.n_rows) * task.n_heads;
  for (std::int64_t i = 0; i < n_queries; i += kTileQueries) {
    const std::int64_t left = n_queries - i;
    attend_tile<Isa>(task, i, static_cast<int>(left < kTileQueries ? left : kTileQueries), s);
  }
}

}  // namespace hearth::kernels::generic
