#include "model/packer.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "cpu/thread_pool.h"
#include "kernels/kernels.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

constexpr std::size_t kMatrixAlignment = 64;
constexpr std::int64_t kMaxPanelRows = 64;
// Source pages are given back in steps of this size: small beside any model, large beside the cost of a call.
constexpr std::int64_t kReleaseBytes = std::int64_t{8} << 20;

std::span<const std::byte> rows_of(const MatrixSource& source, std::int64_t begin, std::int64_t end) {
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(source.tensor->type, source.tensor->n_cols()));
  return source.tensor->bytes.subspan(static_cast<std::size_t>(source.first_row + begin) * row_bytes,
                                      static_cast<std::size_t>(end - begin) * row_bytes);
}

void pack_one_panel(const MatrixSource& source, const kernels::PackedMatrix& target, std::int64_t panel,
                    std::byte* packed) {
  const std::byte* rows[kMaxPanelRows] = {};
  for (std::int64_t i = 0; i < target.panel_rows; ++i) {
    const std::int64_t row = panel * target.panel_rows + i;
    if (row < target.n_rows) {
      const std::int64_t from = source_row(source, row);
      rows[i] = rows_of(source, from, from + 1).data();
    }
  }
  kernels::pack_panel(source.tensor->type, target, std::span(rows, static_cast<std::size_t>(target.panel_rows)),
                      packed + panel * target.panel_bytes);
}

}  // namespace

std::int64_t source_row(const MatrixSource& source, std::int64_t row) {
  if (source.order == RowOrder::kAsStored) {
    return row;
  }
  const std::int64_t head = row / source.head_dim;
  const std::int64_t within = row % source.head_dim;
  const std::int64_t half = source.n_rotated / 2;
  if (within >= source.n_rotated) {
    return row;
  }
  const std::int64_t stored = within < half ? 2 * within : 2 * (within - half) + 1;
  return head * source.head_dim + stored;
}

Status Packer::plan(const MatrixSource& source, kernels::PackedMatrix& target) {
  const formats::TensorView& tensor = *source.tensor;
  const auto plan = kernels::plan_matrix(tensor.type, source.n_rows, tensor.n_cols(), kernels_.panel_rows);
  if (!plan) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected rows of whole blocks of {}, found {} columns", tensor.name,
                            quant::info(tensor.type).block_size, tensor.n_cols()));
  }
  target = *plan;
  items_.push_back({source, &target, n_bytes_});
  const auto n_bytes = static_cast<std::size_t>(target.panel_bytes * target.n_panels());
  n_bytes_ += (n_bytes + kMatrixAlignment - 1) / kMatrixAlignment * kMatrixAlignment;
  return {};
}

Result<cpu::MemoryRegion> Packer::pack(int n_threads) {
  HEARTH_TRY(cpu::MemoryRegion region, cpu::MemoryRegion::reserve(n_bytes_, /*huge_pages=*/true));
  std::ranges::sort(items_, {}, [](const Item& item) { return rows_of(item.source, 0, 0).data(); });
  cpu::ThreadPool pool(n_threads);
  for (const Item& item : items_) {
    kernels::PackedMatrix& target = *item.target;
    std::byte* packed = region.data() + item.offset;
    target.data = reinterpret_cast<const unsigned char*>(packed);
    const std::int64_t panels_per_round = std::max<std::int64_t>(1, kReleaseBytes / target.panel_bytes);
    for (std::int64_t begin = 0; begin < target.n_panels(); begin += panels_per_round) {
      const std::int64_t end = std::min(begin + panels_per_round, target.n_panels());
      auto pack_share = [&](int worker) {
        for (std::int64_t panel = begin + worker; panel < end; panel += n_threads) {
          pack_one_panel(item.source, target, panel, packed);
        }
      };
      pool.run(pack_share);
      const std::int64_t end_row = std::min(end * target.panel_rows, target.n_rows);
      checkpoint_.release(*item.source.tensor, rows_of(item.source, begin * target.panel_rows, end_row));
    }
  }
  return region;
}

}  // namespace hearth::model
