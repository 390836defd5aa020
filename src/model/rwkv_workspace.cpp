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

void lay_out_inputs(Layout& layout, const kernels::KernelTable& kernels, std::int64_t max_rows, std::int64_t n_cols,
                    InputRows& inputs) {
  layout.take(inputs.values, max_rows * n_cols);
  // The widest activation block is 256: a row of any kind takes no more than one rounded up to it.
  const std::int64_t whole = (n_cols + 255) / 256 * 256;
  for (std::size_t i = 0; i < kQuantizedKinds.size(); ++i) {
    layout.take(inputs.quantized[i], max_rows * kernels.activation_row_bytes(kQuantizedKinds[i], whole));
  }
}

std::size_t lay_out(const Extents& extents, const kernels::KernelTable& kernels, RwkvWorkspace& space) {
  Layout layout(space.memory.data());
  const std::int64_t n_hidden = extents.max_rows * extents.hidden;
  for (float** rows : {&space.hidden, &space.normed, &space.output, &space.first_value}) {
    layout.take(*rows, n_hidden);
  }
  for (std::size_t i = 0; i < kRwkvProjections; ++i) {
    lay_out_inputs(layout, kernels, extents.max_rows, extents.hidden, space.inputs[i]);
    layout.take(space.projected[i], n_hidden);
    layout.take(space.ranks[i], extents.max_rows * extents.rank);
  }
  lay_out_inputs(layout, kernels, extents.max_rows, extents.hidden, space.mixed);
  lay_out_inputs(layout, kernels, extents.max_rows, extents.ffn, space.ffn_key);
  for (float*& scratch : space.scratch) {
    layout.take(scratch, 3 * extents.head);
  }
  return layout.used();
}

}  // namespace

Result<RwkvWorkspace> make_rwkv_workspace(const RwkvSpec& spec, std::int64_t max_rank,
                                          const kernels::KernelTable& kernels, std::int32_t max_rows, int n_workers) {
  RwkvWorkspace space;
  space.scratch.resize(static_cast<std::size_t>(n_workers));
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
