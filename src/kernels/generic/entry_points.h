// The kernels' entry points as templates on a level's Isa, declared only.
//
// Each source of kernels/isa/<level>/ instantiates one group of them, so that a level builds on several cores; the
// level's table.cpp takes their addresses.
#pragma once

#include "kernels/kernel_table.h"

namespace hearth::kernels::generic {

// By group of packed kinds. gemm_*: x quantised; exact_*: x in fp32.
template <typename Isa>
void gemm_groups(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void gemm_k_quants(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void gemm_grouped(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void exact_grouped(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void unpack_row_grouped(const PackedMatrix& w, std::int64_t row, float* values);
template <typename Isa>
void exact_groups(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void exact_k_quants(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void gemm_code_books(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void exact_code_books(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void unpack_row_code_books(const PackedMatrix& w, std::int64_t row, float* values);
template <typename Isa>
void gemm_decoded(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void exact_decoded(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void unpack_row_decoded(const PackedMatrix& w, std::int64_t row, float* values);
template <typename Isa>
void exact_floats(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out);
template <typename Isa>
void unpack_row_groups(const PackedMatrix& w, std::int64_t row, float* values);
template <typename Isa>
void unpack_row_k_quants(const PackedMatrix& w, std::int64_t row, float* values);
template <typename Isa>
void unpack_row_floats(const PackedMatrix& w, std::int64_t row, float* values);

template <typename Isa>
std::int64_t attention_scratch_bytes(const AttentionTask& task);
template <typename Isa>
void attention(const AttentionTask& task, unsigned char* scratch);
template <typename Isa>
void store_kv(const KvStore& task);

}  // namespace hearth::kernels::generic
