#include "model/packer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

constexpr std::size_t kMatrixAlignment = 64;
constexpr std::int64_t kMaxPanelRows = 64;
// Source pages are given back in steps of this size: small beside any model, large beside the cost of a call.
constexpr std::int64_t kReleaseBytes = std::int64_t{8} << 20;

// Rows [begin, end) of the tensor, counted from first_row; all of it where they are spread over it.
std::span<const std::byte> rows_of(const MatrixSource& source, std::int64_t begin, std::int64_t end) {
  if (source.transposed) {
    return source.tensor->bytes;
  }
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(source.tensor->type, source.tensor->n_cols()));
  return source.tensor->bytes.subspan(static_cast<std::size_t>(source.first_row + begin) * row_bytes,
                                      static_cast<std::size_t>(end - begin) * row_bytes);
}

// The tensor rows that packed rows [begin, end) lie among.
std::span<const std::byte> source_rows_of(const MatrixSource& source, std::int64_t begin, std::int64_t end) {
  std::int64_t first = source_row(source, begin);
  std::int64_t last = first;
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t from = source_row(source, row);
    first = std::min(first, from);
    last = std::max(last, from);
  }
  return rows_of(source, first, last + 1);
}

// Column `column` of a tensor [in, out] of plain numbers, to `row`.
void gather_column(const formats::TensorView& tensor, std::int64_t column, std::byte* row) {
  const auto element = static_cast<std::size_t>(quant::info(tensor.type).block_bytes);
  const std::size_t stride = static_cast<std::size_t>(tensor.n_cols()) * element;
  const std::byte* from = tensor.bytes.data() + static_cast<std::size_t>(column) * element;
  for (std::int64_t i = 0; i < tensor.shape.front(); ++i) {
    std::memcpy(row, from, element);
    row += element;
    from += stride;
  }
}

void pack_quantized_panel(const MatrixSource& source, const kernels::PackedMatrix& target, std::int64_t panel,
                          std::byte* packed) {
  std::int64_t rows[kMaxPanelRows];
  for (std::int64_t i = 0; i < target.panel_rows; ++i) {
    const std::int64_t row = panel * target.panel_rows + i;
    rows[i] = row < target.n_rows ? source.first_row + source_row(source, row) : kNoRow;
  }
  source.quantized->pack_panel(target, std::span(rows, static_cast<std::size_t>(target.panel_rows)),
                               packed + panel * target.panel_bytes);
}

void pack_one_panel(const MatrixSource& source, const kernels::PackedMatrix& target, std::int64_t panel,
                    std::byte* packed) {
  if (source.quantized != nullptr) {
    pack_quantized_panel(source, target, panel, packed);
    return;
  }
  const std::byte* rows[kMaxPanelRows] = {};
  std::vector<std::byte> columns;
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(source.tensor->type, target.n_cols));
  if (source.transposed) {
    columns.resize(row_bytes * static_cast<std::size_t>(target.panel_rows));
  }
  for (std::int64_t i = 0; i < target.panel_rows; ++i) {
    const std::int64_t row = panel * target.panel_rows + i;
    if (row >= target.n_rows) {
      break;
    }
    const std::int64_t from = source_row(source, row);
    if (source.transposed) {
      std::byte* gathered = columns.data() + row_bytes * static_cast<std::size_t>(i);
      gather_column(*source.tensor, source.first_row + from, gathered);
      rows[i] = gathered;
    } else {
      rows[i] = rows_of(source, from, from + 1).data();
    }
  }
  kernels::pack_panel(source.tensor->type, target, std::span(rows, static_cast<std::size_t>(target.panel_rows)),
                      packed + panel * target.panel_bytes);
}

// Where the bytes of a source begin: matrices are packed in this order.
const std::byte* first_byte(const MatrixSource& source) {
  return source.quantized != nullptr ? source.quantized->tensors().front()->bytes.data() : rows_of(source, 0, 0).data();
}

std::vector<const formats::TensorView*> tensors_of(const MatrixSource& source) {
  if (source.quantized == nullptr) {
    return {source.tensor};
  }
  const auto tensors = source.quantized->tensors();
  return {tensors.begin(), tensors.end()};
}

std::size_t whole_lines(std::size_t n_bytes) {
  return (n_bytes + kMatrixAlignment - 1) / kMatrixAlignment * kMatrixAlignment;
}

}  // namespace

std::int64_t source_row(const MatrixSource& source, std::int64_t row) {
  if (source.order == RowOrder::kAsStored && source.unit_heads == 0) {
    return row;
  }
  const std::int64_t head = row / source.head_dim;
  std::int64_t within = row % source.head_dim;
  if (source.order == RowOrder::kFromPairs && within < source.n_rotated) {
    const std::int64_t half = source.n_rotated / 2;
    within = within < half ? 2 * within : 2 * (within - half) + 1;
  }
  if (source.unit_heads == 0) {
    return head * source.head_dim + within;
  }
  return head / source.unit_heads * source.unit_rows + head % source.unit_heads * source.head_dim + within;
}

void Packer::add_item(const MatrixSource& source, kernels::PackedMatrix& target) {
  Item item{.source = source, .target = &target, .table_offset = n_bytes_};
  if (source.quantized != nullptr) {
    n_bytes_ += whole_lines(source.quantized->table_bytes());
  }
  item.offset = n_bytes_;
  n_bytes_ += whole_lines(static_cast<std::size_t>(target.panel_bytes * target.n_panels()));
  items_.push_back(std::move(item));
}

Status Packer::plan(const MatrixSource& source, kernels::PackedMatrix& target) {
  if (source.quantized != nullptr) {
    target.panel_rows = kernels_.panel_rows;
    target.n_rows = source.n_rows;
    source.quantized->plan(target);
    add_item(source, target);
    return {};
  }
  const formats::TensorView& tensor = *source.tensor;
  const auto plan = kernels::plan_matrix(tensor.type, source.n_rows, source.n_cols(), kernels_.panel_rows);
  if (!plan) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected rows of whole blocks of {}, found {} columns", tensor.name,
                            quant::info(tensor.type).block_size, source.n_cols()));
  }
  if (source.transposed && quant::info(tensor.type).block_size != 1) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("tensor {}: expected plain numbers, as it is stored [in, out], found blocks of {}",
                            tensor.name, quant::info(tensor.type).name));
  }
  target = *plan;
  add_item(source, target);
  return {};
}

void Packer::pack_item(const Item& item, cpu::ThreadPool& pool, std::byte* region) const {
  kernels::PackedMatrix& target = *item.target;
  const MatrixSource& source = item.source;
  std::byte* packed = region + item.offset;
  target.data = reinterpret_cast<const unsigned char*>(packed);
  if (source.quantized != nullptr) {
    source.quantized->write_table(target, region + item.table_offset);
  }
  // Every panel of a transposed or quantised source may read all of its pages.
  const bool in_parts = source.quantized == nullptr && !source.transposed;
  const std::int64_t panels_per_round = std::max<std::int64_t>(1, kReleaseBytes / target.panel_bytes);
  for (std::int64_t begin = 0; begin < target.n_panels(); begin += panels_per_round) {
    const std::int64_t end = std::min(begin + panels_per_round, target.n_panels());
    auto pack_share = [&](int worker) {
      for (std::int64_t panel = begin + worker; panel < end; panel += pool.n_threads()) {
        pack_one_panel(source, target, panel, packed);
      }
    };
    pool.run(pack_share);
    if (in_parts) {
      const std::int64_t end_row = std::min(end * target.panel_rows, target.n_rows);
      checkpoint_.release(*source.tensor, source_rows_of(source, begin * target.panel_rows, end_row));
    }
  }
  if (source.quantized != nullptr) {
    for (const formats::TensorView* tensor : source.quantized->tensors()) {
      checkpoint_.release(*tensor);
    }
  } else if (source.transposed) {
    checkpoint_.release(*source.tensor);
  }
}

Result<cpu::MemoryRegion> Packer::pack(int n_threads) {
  HEARTH_TRY(cpu::MemoryRegion region, cpu::MemoryRegion::reserve(n_bytes_, /*huge_pages=*/true));
  std::ranges::sort(items_, {}, [](const Item& item) { return first_byte(item.source); });
  cpu::ThreadPool pool(n_threads);
  std::map<const std::byte*, std::int64_t> n_left;  // matrices yet to be packed, by where their tensors begin
  for (const Item& item : items_) {
    for (const formats::TensorView* tensor : tensors_of(item.source)) {
      ++n_left[tensor->bytes.data()];
    }
  }
  for (const Item& item : items_) {
    pack_item(item, pool, region.data());
    for (const formats::TensorView* tensor : tensors_of(item.source)) {
      if (--n_left[tensor->bytes.data()] == 0) {
        checkpoint_.discard(*tensor);
      }
    }
  }
  return region;
}

}  // namespace hearth::model
