// Differential fuzzing of kernels: every ISA level of this CPU against the scalar one, on arbitrary blocks.
//
// The first bytes choose encoding and shape, the rest fill the rows of one matrix, whatever they encode (NaN scales
// included), and the activations. Levels may differ by fp32 rounding only; unpacked rows must be equal bit for bit.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/float16.h"
#include "cpu/isa.h"
#include "kernels/kernels.h"
#include "quant/block_type.h"

namespace {

using namespace hearth;
using kernels::ActivationKind;

struct Input {
  quant::BlockType type{};
  std::int64_t n_rows = 0;
  std::int64_t n_cols = 0;
  std::int64_t n_tokens = 0;
  std::vector<std::byte> encoded;
  std::vector<float> x;
};

// Bytes of the input repeated as often as needed.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t next() { return size_ == 0 ? 0 : data_[at_++ % size_]; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

Input make_input(Bytes bytes) {
  constexpr quant::BlockType kTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) quant::BlockType::enumerator,
#include "quant/block_types.def"
  };
  Input in;
  in.type = kTypes[bytes.next() % std::size(kTypes)];
  const int block = quant::info(in.type).block_size;
  in.n_rows = 1 + bytes.next() % 20;
  in.n_cols = (1 + bytes.next() % 3) * (block == 1 ? 32 : block);
  in.n_tokens = 1 + bytes.next() % 9;
  in.encoded.resize(static_cast<std::size_t>(in.n_rows * quant::row_bytes(in.type, in.n_cols)));
  for (std::byte& byte : in.encoded) {
    byte = static_cast<std::byte>(bytes.next());
  }
  for (std::int64_t i = 0; i < in.n_tokens * in.n_cols; ++i) {
    in.x.push_back(static_cast<float>(static_cast<std::int8_t>(bytes.next())) / 16.0F);
  }
  return in;
}

struct Output {
  std::vector<float> unpacked;
  std::vector<float> fast;
  std::vector<float> exact;
};

unsigned char* aligned(std::vector<unsigned char>& storage, std::size_t n_bytes) {
  storage.resize(n_bytes + 64);
  return storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64;
}

std::vector<float> multiply(const kernels::KernelTable& table, const kernels::PackedMatrix& w, ActivationKind kind,
                            const Input& in) {
  kernels::ActivationView view{kind, nullptr, table.activation_row_bytes(kind, in.n_cols), in.n_tokens, in.n_cols};
  std::vector<unsigned char> storage;
  unsigned char* data = aligned(storage, static_cast<std::size_t>(view.row_bytes * in.n_tokens));
  for (std::int64_t t = 0; t < in.n_tokens; ++t) {
    table.quantize_row(kind, in.x.data() + t * in.n_cols, in.n_cols, data + t * view.row_bytes);
  }
  view.data = data;
  std::vector<float> out(static_cast<std::size_t>(in.n_tokens * in.n_rows));
  table.gemm(w, view, {0, w.n_panels()}, {out.data(), in.n_rows, nullptr, false});
  return out;
}

Output run(cpu::IsaLevel level, const Input& in) {
  const kernels::KernelTable& table = kernels::kernel_table(level);
  kernels::PackedMatrix w = kernels::plan_matrix(in.type, in.n_rows, in.n_cols, cpu::panel_rows(level)).value();
  std::vector<unsigned char> storage;
  unsigned char* data = aligned(storage, static_cast<std::size_t>(w.panel_bytes * w.n_panels()));
  const std::int64_t row_bytes = quant::row_bytes(in.type, in.n_cols);
  for (std::int64_t panel = 0; panel < w.n_panels(); ++panel) {
    std::vector<const std::byte*> rows(static_cast<std::size_t>(w.panel_rows), nullptr);
    for (std::int64_t i = 0; i < w.panel_rows && panel * w.panel_rows + i < in.n_rows; ++i) {
      rows[static_cast<std::size_t>(i)] = in.encoded.data() + (panel * w.panel_rows + i) * row_bytes;
    }
    kernels::pack_panel(in.type, w, rows, reinterpret_cast<std::byte*>(data + panel * w.panel_bytes));
  }
  w.data = data;
  Output out;
  out.unpacked.resize(static_cast<std::size_t>(in.n_rows * in.n_cols));
  for (std::int64_t i = 0; i < in.n_rows; ++i) {
    table.unpack_row(w, i, out.unpacked.data() + i * in.n_cols);
  }
  out.fast = multiply(table, w, kernels::activation_kind(w.kind), in);
  out.exact = multiply(table, w, ActivationKind::kF32, in);
  return out;
}

// How far the minimums of a row's blocks can reach: the fast path adds them apart from the rest of a weight.
double minimum_bound(const Input& in, std::size_t row) {
  std::size_t offset = 2;
  bool is_f32 = false;
  double largest_count = 1;
  switch (in.type) {
    case quant::BlockType::kQ4_1:
    case quant::BlockType::kQ5_1:
    case quant::BlockType::kQ5_1Gen1:
      break;
    case quant::BlockType::kQ4_1Gen1:
    case quant::BlockType::kQ4_1Gen2:
      offset = 4;
      is_f32 = true;
      break;
    case quant::BlockType::kQ4_K:
    case quant::BlockType::kQ5_K:
      largest_count = 63;
      break;
    case quant::BlockType::kQ2_K:
      offset = 82;
      largest_count = 15;
      break;
    default:
      return 0;
  }
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(in.type, in.n_cols));
  double largest = 0;
  for (std::size_t at = offset; at < row_bytes; at += static_cast<std::size_t>(quant::info(in.type).block_bytes)) {
    const std::byte* field = in.encoded.data() + row * row_bytes + at;
    std::uint16_t half;
    float minimum;
    std::memcpy(&half, field, sizeof(half));
    if (is_f32) {
      std::memcpy(&minimum, field, sizeof(minimum));
    } else {
      minimum = base::f16_to_f32(half);
    }
    largest = std::fmax(largest, std::fabs(static_cast<double>(minimum)));
  }
  return largest * largest_count;
}

// What the rounding of an output is measured by: the largest weight times Σ |x|; infinite when a weight is not finite.
double size_of(const Input& in, const std::vector<float>& weights, std::size_t at) {
  const auto token = at / static_cast<std::size_t>(in.n_rows);
  const auto row = at % static_cast<std::size_t>(in.n_rows);
  const auto n = static_cast<std::size_t>(in.n_cols);
  double largest = minimum_bound(in, row);
  double x = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (!std::isfinite(weights[row * n + k])) {
      return INFINITY;
    }
    largest = std::fmax(largest, 2 * std::fabs(static_cast<double>(weights[row * n + k])));
    x += std::fabs(static_cast<double>(in.x[token * n + k]));
  }
  return largest * x;
}

bool same_weight(float a, float b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0 || (std::isnan(a) && std::isnan(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input in = make_input(Bytes(data, size));
  const Output oracle = run(cpu::IsaLevel::kScalar, in);
  for (const cpu::IsaLevel level : cpu::available_levels()) {
    const Output out = run(level, in);
    for (std::size_t i = 0; i < out.unpacked.size(); ++i) {
      HEARTH_CHECK(same_weight(out.unpacked[i], oracle.unpacked[i]), "unpacked rows are equal on every level");
    }
    for (std::size_t i = 0; i < out.fast.size(); ++i) {
      const double tolerance = 1e-5 * size_of(in, oracle.unpacked, i) + 1e-30;
      // Sums near the largest float may overflow in one order and not in another.
      if (tolerance < 1e25) {
        HEARTH_CHECK(std::fabs(out.exact[i] - oracle.exact[i]) <= tolerance, "exact products agree");
        HEARTH_CHECK(std::fabs(out.fast[i] - oracle.fast[i]) <= tolerance, "fast products agree");
      }
    }
  }
  return 0;
}
