#include "model/rwkv_pass.h"

namespace hearth::model {
namespace {

constexpr std::size_t kAlignment = 64;

// Lays buffers out one after the other; without memory behind it, it only counts.
class Layout {
 public:
  explicit Layout(std::byte* base) : base_(base) {}

  template <typename T>
  void take(T*& target, std::int64_t count) {
    target = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

struct Extents {
  std::int64_t max_rows;
  std::int64_t hidden;
  std::int64_t ffn;
  std::int64_t rank;
  std::int64_t head;
};

void lay_out_quantized(Layout& layout, const kernels::KernelTable& kernels, std::int64_t n_rows, std::int64_t n_cols,
                       InputRows& inputs) {
  // The widest activation block is 256: a row of any kind takes no more than one rounded up to it.
  const std::int64_t whole = (n_cols + 255) / 256 * 256;
  for (std::size_t i = 0; i < kQuantizedKinds.size(); ++i) {
    layout.take(inputs.quantized[i], n_rows * kernels.activation_row_bytes(kQuantizedKinds[i], whole));
  }
}

void lay_out_rows(Layout& layout, const kernels::KernelTable& kernels, const Extents& extents, std::int64_t n_rows,
                  RwkvRows& rows) {
  layout.take(rows.hidden, n_rows * extents.hidden);
  layout.take(rows.normed, n_rows * extents.hidden);
  for (InputRows& inputs : rows.inputs) {
    layout.take(inputs.values, n_rows * extents.hidden);
    lay_out_quantized(layout, kernels, n_rows, extents.hidden, inputs);
  }
  lay_out_quantized(layout, kernels, n_rows, extents.hidden, rows.mixed);
  lay_out_quantized(layout, kernels, n_rows, extents.ffn, rows.ffn_key);
}

std::size_t lay_out(const Extents& extents, const kernels::KernelTable& kernels, RwkvWorkspace& space) {
  Layout layout(space.memory.data());
  const std::int64_t n_hidden = extents.max_rows * extents.hidden;
  lay_out_rows(layout, kernels, extents, extents.max_rows, space.rows);
  layout.take(space.rows.mixed.values, n_hidden);
  layout.take(space.rows.ffn_key.values, extents.max_rows * extents.ffn);
  for (float** rows : {&space.output, &space.first_value, &space.value_gate}) {
    layout.take(*rows, n_hidden);
  }
  for (std::size_t i = 0; i < kRwkvProjections; ++i) {
    layout.take(space.projected[i], n_hidden);
    layout.take(space.shifts[i], n_hidden);
    layout.take(space.ranks[i], extents.max_rows * extents.rank);
  }
  for (float*& scratch : space.scratch) {
    layout.take(scratch, 3 * extents.head);
  }
  for (RwkvRows& rows : space.own_rows) {
    lay_out_rows(layout, kernels, extents, kRedundantRows, rows);
    rows.mixed.values = space.rows.mixed.values;
    rows.ffn_key.values = space.rows.ffn_key.values;
  }
  return layout.used();
}

}  // namespace

Result<RwkvWorkspace> make_rwkv_workspace(const RwkvSpec& spec, std::int64_t max_rank,
                                          const kernels::KernelTable& kernels, std::int32_t max_rows, int n_workers) {
  RwkvWorkspace space;
  space.scratch.resize(static_cast<std::size_t>(n_workers));
  space.own_rows.resize(static_cast<std::size_t>(n_workers));
  const Extents extents{.max_rows = max_rows,
                        .hidden = row_stride(spec.hidden_dim),
                        .ffn = row_stride(spec.ffn_dim),
                        .rank = row_stride(max_rank),
                        .head = row_stride(spec.head_dim)};
  HEARTH_TRY(space.memory, cpu::MemoryRegion::reserve(lay_out(extents, kernels, space), /*huge_pages=*/true));
  lay_out(extents, kernels, space);
  return space;
}

}  // namespace hearth::model
