// KernelTable: every compute kernel of one ISA level, as plain function pointers.
//
// model holds a reference to one table and never asks which level it is. All kernels are single-threaded: the caller
// splits panels, rows and heads over workers, never sums, so results do not depend on the number of threads. Every
// kernel computes one output by one formula in one order, whatever the number of rows: that is what makes results
// batch-invariant (design.md, "The rules of batch invariance"). Plain pointers: ISA sources include this header.
#pragma once

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/recurrence.h"
#include "quant/packed/packed_matrix.h"

namespace hearth::kernels {

using quant::packed::PackedKind;
using quant::packed::PackedMatrix;

// The form in which a matrix reads its input rows.
enum class ActivationKind : std::uint8_t {
  kF32,         // floats as they are: float kinds always, and every kind in exact precision
  kI8Block32,   // int8 per 32 values with an f32 scale and the sum of the integers
  kI8Block256,  // int8 per 256 values with an f32 scale and sums per 16
};

// n_rows rows of n_cols activations. Row r starts at data + r * row_bytes; for kF32 that is float[n_cols], the
// quantised layouts are private to kernels (activation_row_bytes gives their size, quantize_row writes them).
struct ActivationView {
  ActivationKind kind = ActivationKind::kF32;
  const unsigned char* data = nullptr;  // 64-byte aligned
  std::int64_t row_bytes = 0;
  std::int64_t n_rows = 0;
  std::int64_t n_cols = 0;
};

// Where a GEMM writes: out[row * row_stride + output] (+)= dot (+ bias[output]).
struct GemmOutput {
  float* values = nullptr;
  std::int64_t row_stride = 0;  // in floats
  const float* bias = nullptr;  // [n_rows of the matrix] or null
  bool accumulate = false;      // add to what is there
};

struct PanelRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

enum class Activation : std::uint8_t { kSilu, kGeluTanh, kGeluErf, kRelu, kReluSquared, kSigmoid, kTanh, kExp };

// cos and sin of one row's position: [n_rotated / 2] each, attention factor included.
struct RopeRow {
  const float* cos = nullptr;
  const float* sin = nullptr;
  std::int32_t n_rotated = 0;  // leading dimensions of a head that rotate
  bool interleaved = false;    // pairs (2i, 2i+1) instead of (i, i + n_rotated/2)
};

struct KernelTable {
  const char* name;  // "avx2"
  std::int32_t panel_rows;

  // Activations. row_bytes is a multiple of 64.
  std::int64_t (*activation_row_bytes)(ActivationKind kind, std::int64_t n_cols);
  void (*quantize_row)(ActivationKind kind, const float* values, std::int64_t n_cols, unsigned char* row);

  // out = x · wᵀ for the outputs of the panels in range. x.kind is kF32 (exact for quantised kinds: weights are
  // unpacked, products and sums in fp32) or activation_kind(w.kind).
  void (*gemm)(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
  // Row `row` of w as floats, the source's values bit for bit. values: [n_cols].
  void (*unpack_row)(const PackedMatrix& w, std::int64_t row, float* values);

  // Norms of one row; the reduction is one fixed tree. weight may be null (1), bias may be null (0). out may be x.
  void (*rms_norm)(const float* x, const float* weight, float eps, std::int64_t n, float* out);
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, std::int64_t n, float* out);

  // Element-wise on n floats.
  void (*add)(const float* a, const float* b, std::int64_t n, float* out);                   // a + b
  void (*multiply)(const float* a, const float* b, std::int64_t n, float* out);              // a * b
  void (*lerp)(const float* a, const float* b, const float* t, std::int64_t n, float* out);  // a + (b - a) * t
  void (*scale)(const float* x, float factor, std::int64_t n, float* out);                   // x * factor
  void (*activate)(Activation kind, const float* x, std::int64_t n, float* out);             // f(x)
  void (*activate_multiply)(Activation kind, const float* gate, const float* up, std::int64_t n,
                            float* out);                                   // f(gate) * up
  void (*softcap)(const float* x, float cap, std::int64_t n, float* out);  // cap * tanh(x / cap)
  void (*axpy)(float a, const float* x, std::int64_t n, float* y);         // y += a * x
  void (*rope)(float* head, const RopeRow& row);                           // rotates one head in place

  // KV cache and attention, see attention.h.
  void (*store_kv)(const KvStore& task);
  std::int64_t (*attention_scratch_bytes)(const AttentionTask& task);
  void (*attention)(const AttentionTask& task, unsigned char* scratch);

  // Recurrences, see recurrence.h; n: the head's dimension, for wkv4 the number of channels.
  void (*wkv4)(const Wkv4Row& row, std::int64_t n);
  void (*wkv)(const WkvRow& row, std::int64_t n);
  void (*wkv7)(const Wkv7Row& row, std::int64_t n);
  float (*dot)(const float* a, const float* b, std::int64_t n);  // Σ a * b, in one fixed tree

  // Softmax statistics of a logits row, for sampling and log-probabilities.
  float (*max_value)(const float* x, std::int64_t n);
  double (*sum_exp)(const float* x, float max, std::int64_t n);  // Σ exp(x - max)
  std::int64_t (*argmax)(const float* x, std::int64_t n);        // lowest index on ties
};

// How packed kinds read their input in fast precision: the activation block is one number per kind.
ActivationKind activation_kind(PackedKind kind);

}  // namespace hearth::kernels
