// Checkpoints in memory for the tests of quantised matrices, and the way from a source through packing to its values.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/float16.h"
#include "cpu/isa.h"
#include "formats/checkpoint.h"
#include "kernels/kernels.h"
#include "model/quantized_source.h"
#include "model/quantized_tensors.h"

namespace hearth::model::testing {

class TestCheckpoint {
 public:
  TestCheckpoint() { checkpoint_.convention = formats::Convention::kHf; }

  template <typename T>
  formats::TensorView& add(std::string name, quant::BlockType type, std::vector<std::int64_t> shape,
                           const std::vector<T>& values) {
    std::vector<std::byte>& bytes = checkpoint_.owned.emplace_back(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return checkpoint_.tensors.emplace_back(formats::TensorView{std::move(name), type, std::move(shape), bytes, -1});
  }
  void set(std::string key, formats::MetadataValue value) {
    checkpoint_.metadata.set("quantization_config." + std::move(key), std::move(value));
  }
  formats::TensorView& tensor(const std::string& name) {
    for (formats::TensorView& tensor : checkpoint_.tensors) {
      if (tensor.name == name) {
        return tensor;
      }
    }
    ADD_FAILURE() << "no tensor " << name;
    return checkpoint_.tensors.front();
  }
  void remove(const std::string& name) {
    std::erase_if(checkpoint_.tensors, [&](const formats::TensorView& tensor) { return tensor.name == name; });
  }

  // The source of the linear "l".
  Result<std::unique_ptr<QuantizedSource>> find(std::int64_t n_rows, std::int64_t n_cols) {
    HEARTH_TRY_VOID(checkpoint_.index_tensors());
    HEARTH_TRY(const QuantizedTensors tensors, QuantizedTensors::open(checkpoint_));
    return tensors.find({"l", n_rows, n_cols});
  }
  formats::Checkpoint& checkpoint() { return checkpoint_; }

 private:
  formats::Checkpoint checkpoint_;
};

// The values of n_rows rows of a source, packed and unpacked, in the order of inputs.
inline std::vector<float> values_of(const QuantizedSource& source, std::int64_t n_rows) {
  const kernels::KernelTable& table = kernels::kernel_table(cpu::IsaLevel::kScalar);
  kernels::PackedMatrix matrix;
  matrix.panel_rows = table.panel_rows;
  matrix.n_rows = n_rows;
  source.plan(matrix);
  std::vector<std::byte> shared(source.table_bytes());
  source.write_table(matrix, shared.data());
  std::vector<std::byte> panels(static_cast<std::size_t>(matrix.panel_bytes * matrix.n_panels()));
  matrix.data = reinterpret_cast<const unsigned char*>(panels.data());
  for (std::int64_t panel = 0; panel < matrix.n_panels(); ++panel) {
    std::vector<std::int64_t> rows;
    for (std::int64_t row = panel * matrix.panel_rows; row < (panel + 1) * matrix.panel_rows; ++row) {
      rows.push_back(row < n_rows ? row : kNoRow);
    }
    source.pack_panel(matrix, rows, panels.data() + panel * matrix.panel_bytes);
  }
  std::vector<float> values(static_cast<std::size_t>(n_rows * matrix.n_cols));
  std::vector<float> row(static_cast<std::size_t>(matrix.n_cols));
  const auto order = source.input_order();
  for (std::size_t n = 0; n < static_cast<std::size_t>(n_rows); ++n) {
    table.unpack_row(matrix, static_cast<std::int64_t>(n), row.data());
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::size_t input = order.empty() ? k : static_cast<std::size_t>(order[k]);
      values[n * row.size() + input] = row[k];
    }
  }
  return values;
}

// Random numbers below `limit`.
inline std::vector<std::uint32_t> random_numbers(std::size_t n, std::uint32_t limit, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint32_t> numbers(n);
  for (std::uint32_t& number : numbers) {
    number = random() % limit;
  }
  return numbers;
}

// n f16 scales of a model's size, as stored.
inline std::vector<std::uint16_t> random_scales(std::size_t n, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint16_t> scales(n);
  for (std::uint16_t& scale : scales) {
    scale = base::f32_to_f16(std::normal_distribution<float>(0.0F, 0.05F)(random));
  }
  return scales;
}

// Sets number i of a little-endian stream whose dword w is words[w * stride].
inline void put_number(std::uint32_t* words, std::size_t stride, std::size_t i, int bits, std::uint32_t number) {
  for (int bit = 0; bit < bits; ++bit) {
    const std::size_t at = i * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit);
    words[at / 32 * stride] |= ((number >> bit) & 1U) << (at % 32);
  }
}

inline std::string error_of(const Result<std::unique_ptr<QuantizedSource>>& result) {
  return result ? "" : result.error().message;
}

}  // namespace hearth::model::testing
