// make_table: the KernelTable of a level. Included by kernels/isa/<level>/table.cpp, which also instantiates the
// row kernels.
#pragma once

#include "kernels/generic/elementwise.h"
#include "kernels/generic/entry_points.h"
#include "kernels/generic/quantize.h"
#include "kernels/generic/recurrence.h"
#include "kernels/generic/reduce.h"

namespace hearth::kernels::generic {

HEARTH_INLINE constexpr bool is_grouped(PackedKind kind) {
  return kind == PackedKind::kGrouped || kind == PackedKind::kF8E4M3 || kind == PackedKind::kF8E5M2;
}

HEARTH_INLINE constexpr bool is_code_book(PackedKind kind) {
  return kind == PackedKind::kIq4Nl || kind == PackedKind::kMxfp4 || kind == PackedKind::kIq4Xs;
}

HEARTH_INLINE constexpr bool is_decoded(PackedKind kind) {
  return kind == PackedKind::kDecoded || kind == PackedKind::kDecodedIntegers;
}

template <typename Isa>
void gemm_any(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  const bool exact = x.kind == ActivationKind::kF32;
  if (w.kind <= PackedKind::kBf16) {
    exact_floats<Isa>(w, x, range, out);
  } else if (is_grouped(w.kind)) {
    exact ? exact_grouped<Isa>(w, x, range, out) : gemm_grouped<Isa>(w, x, range, out);
  } else if (is_code_book(w.kind)) {
    exact ? exact_code_books<Isa>(w, x, range, out) : gemm_code_books<Isa>(w, x, range, out);
  } else if (is_decoded(w.kind)) {
    exact ? exact_decoded<Isa>(w, x, range, out) : gemm_decoded<Isa>(w, x, range, out);
  } else if (w.kind < PackedKind::kQ2K) {
    exact ? exact_groups<Isa>(w, x, range, out) : gemm_groups<Isa>(w, x, range, out);
  } else {
    exact ? exact_k_quants<Isa>(w, x, range, out) : gemm_k_quants<Isa>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_any(const PackedMatrix& w, std::int64_t row, float* values) {
  if (w.kind <= PackedKind::kBf16) {
    unpack_row_floats<Isa>(w, row, values);
  } else if (is_grouped(w.kind)) {
    unpack_row_grouped<Isa>(w, row, values);
  } else if (is_code_book(w.kind)) {
    unpack_row_code_books<Isa>(w, row, values);
  } else if (is_decoded(w.kind)) {
    unpack_row_decoded<Isa>(w, row, values);
  } else if (w.kind < PackedKind::kQ2K) {
    unpack_row_groups<Isa>(w, row, values);
  } else {
    unpack_row_k_quants<Isa>(w, row, values);
  }
}

template <typename Isa>
constexpr KernelTable make_table(const char* name) {
  return {
      .name = name,
      .panel_rows = Isa::kRows,
      .activation_row_bytes = activation_row_bytes<Isa>,
      .quantize_row = quantize_row<Isa>,
      .gemm = gemm_any<Isa>,
      .unpack_row = unpack_row_any<Isa>,
      .rms_norm = rms_norm<Isa>,
      .layer_norm = layer_norm<Isa>,
      .add = add<Isa>,
      .multiply = multiply<Isa>,
      .lerp = lerp<Isa>,
      .scale = scale<Isa>,
      .activate = activate<Isa>,
      .activate_multiply = activate_multiply<Isa>,
      .softcap = softcap<Isa>,
      .axpy = axpy<Isa>,
      .rope = rope<Isa>,
      .store_kv = store_kv<Isa>,
      .attention_scratch_bytes = attention_scratch_bytes<Isa>,
      .attention = attention<Isa>,
      .wkv4 = wkv4<Isa>,
      .wkv = wkv<Isa>,
      .wkv7 = wkv7<Isa>,
      .dot = dot<Isa>,
      .max_value = max_value<Isa>,
      .sum_exp = sum_exp<Isa>,
      .argmax = argmax<Isa>,
  };
}

}  // namespace hearth::kernels::generic
