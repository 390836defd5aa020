// Packer: collects the matrices of a model, then packs them all into one region.
//
// Planning comes first, so that the size of the region is known and every error is found before memory is touched.
// weights.cpp plans; pack() runs on threads of its own, since a model may be loaded while another one is served.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"
#include "cpu/thread_pool.h"
#include "formats/checkpoint.h"
#include "kernels/kernel_table.h"
#include "model/quantized_source.h"
#include "model/tensor_table.h"

namespace hearth::model {

// Rows of a tensor that become one matrix. The defaults take n_rows rows from first_row on as they are.
struct MatrixSource {
  const formats::TensorView* tensor = nullptr;
  std::shared_ptr<const QuantizedSource> quantized;  // instead of a tensor
  std::int64_t first_row = 0;
  std::int64_t n_rows = 0;
  bool transposed = false;  // the tensor is [in, out]: rows are its columns
  // Where rows are those of heads.
  std::int32_t head_dim = 0;
  RowOrder order = RowOrder::kAsStored;
  std::int32_t n_rotated = 0;   // for RowOrder::kFromPairs
  std::int64_t unit_heads = 0;  // heads that follow one another in the tensor; 0: all of them
  std::int64_t unit_rows = 0;   // rows of the tensor from one such unit to the next

  std::int64_t n_cols() const { return transposed ? tensor->shape.front() : tensor->n_cols(); }
};

// The tensor row that packed row `row` is taken from, relative to first_row.
std::int64_t source_row(const MatrixSource& source, std::int64_t row);

class Packer {
 public:
  Packer(formats::Checkpoint& checkpoint, const kernels::KernelTable& kernels)
      : checkpoint_(checkpoint), kernels_(kernels) {}

  // Sets kind and extents of `target`, whose data is set by pack(); it must not move until then.
  // Errors: unsupported (an encoding of blocks that is to be transposed), corrupt_file (columns that are no whole
  // blocks).
  Status plan(const MatrixSource& source, kernels::PackedMatrix& target);

  // Packs everything planned, in file order; gives pages of files back and frees tensors in memory as it goes, each
  // after its last matrix. Errors: unavailable (no memory).
  Result<cpu::MemoryRegion> pack(int n_threads);

 private:
  struct Item {
    MatrixSource source;
    kernels::PackedMatrix* target = nullptr;
    std::size_t offset = 0;
    std::size_t table_offset = 0;  // of a quantised source
  };
  void add_item(const MatrixSource& source, kernels::PackedMatrix& target);
  void pack_item(const Item& item, cpu::ThreadPool& pool, std::byte* region) const;

  formats::Checkpoint& checkpoint_;
  const kernels::KernelTable& kernels_;
  std::vector<Item> items_;
  std::size_t n_bytes_ = 0;
};

}  // namespace hearth::model
