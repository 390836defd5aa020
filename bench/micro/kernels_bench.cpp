// One benchmark per kernel and ISA level of this CPU: GEMM by encoding and number of rows, attention, row kernels.
//
// Gop/s counts a multiplication and an addition as two; GB/s counts the bytes of the packed weights (or of the cache)
// once. Decode (1 row) walks a matrix larger than the last-level cache of most machines, so GB/s there is memory speed.
// Filter with --benchmark_filter, e.g. 'gemm/avx2/Q4_0'.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "cpu/isa.h"
#include "cpu/memory_region.h"
#include "kernels/kernels.h"
#include "quant/block_type.h"

namespace {

using namespace hearth;
using kernels::ActivationKind;
using kernels::KernelTable;

constexpr quant::BlockType kTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) quant::BlockType::enumerator,
#include "quant/block_types.def"
};

// Zeroed weights: the time of a kernel does not depend on the values.
struct Matrix {
  Matrix(quant::BlockType type, cpu::IsaLevel level, std::int64_t n_rows, std::int64_t n_cols) {
    packed = kernels::plan_matrix(type, n_rows, n_cols, cpu::panel_rows(level)).value();
    const auto n_bytes = static_cast<std::size_t>(packed.n_panels() * packed.panel_bytes);
    region = std::move(*cpu::MemoryRegion::reserve(n_bytes, true));
    std::memset(region.data(), 0x11, n_bytes);
    packed.data = reinterpret_cast<const unsigned char*>(region.data());
  }
  cpu::MemoryRegion region;
  kernels::PackedMatrix packed;
};

std::vector<float> random_floats(std::int64_t n) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

struct Rows {
  Rows(const KernelTable& table, ActivationKind kind, std::int64_t n_rows, std::int64_t n_cols) {
    view.kind = kind;
    view.n_rows = n_rows;
    view.n_cols = n_cols;
    view.row_bytes = table.activation_row_bytes(kind, n_cols);
    region = std::move(*cpu::MemoryRegion::reserve(static_cast<std::size_t>(n_rows * view.row_bytes), false));
    const auto x = random_floats(n_cols);
    auto* data = reinterpret_cast<unsigned char*>(region.data());
    for (std::int64_t row = 0; row < n_rows; ++row) {
      table.quantize_row(kind, x.data(), n_cols, data + row * view.row_bytes);
    }
    view.data = data;
  }
  cpu::MemoryRegion region;
  kernels::ActivationView view;
};

void gemm(benchmark::State& state, cpu::IsaLevel level, quant::BlockType type, bool exact) {
  const KernelTable& table = kernels::kernel_table(level);
  const std::int64_t n_rows = state.range(0);
  const std::int64_t n_cols = 2048;
  // Decode reads some 100 MB, prefill a layer's worth.
  const std::int64_t n_outputs =
      n_rows <= 8 ? (std::int64_t{96} << 20) / quant::row_bytes(type, n_cols) / 16 * 16 : 2048;
  const Matrix w(type, level, n_outputs, n_cols);
  const Rows x(table, exact ? ActivationKind::kF32 : kernels::activation_kind(w.packed.kind), n_rows, n_cols);
  std::vector<float> out(static_cast<std::size_t>(n_rows * n_outputs));
  for (auto _ : state) {
    table.gemm(w.packed, x.view, {0, w.packed.n_panels()}, {out.data(), n_outputs, nullptr, false});
    benchmark::ClobberMemory();
  }
  const auto n = static_cast<double>(state.iterations());
  state.counters["Gop/s"] =
      benchmark::Counter(2e-9 * n * static_cast<double>(n_rows * n_outputs * n_cols), benchmark::Counter::kIsRate);
  state.counters["GB/s"] = benchmark::Counter(
      1e-9 * n * static_cast<double>(w.packed.n_panels() * w.packed.panel_bytes), benchmark::Counter::kIsRate);
}

// n_rows rows at the end of a context, three query heads of 64 on one KV head.
void attention(benchmark::State& state, cpu::IsaLevel level, kernels::KvType type) {
  const KernelTable& table = kernels::kernel_table(level);
  const std::int64_t n_rows = state.range(0);
  const std::int64_t n_positions = state.range(1);
  kernels::KvView kv;
  kv.type = type;
  kv.head_dim = 64;
  kv.n_kv_heads = 1;
  kv.head_bytes = kernels::kv_head_bytes(type, 64);
  kv.value_offset = kv.head_bytes;
  kv.layer_bytes = 2 * kv.head_bytes;
  kv.block_bytes = kv.layer_bytes;
  std::vector<unsigned char> cache(static_cast<std::size_t>((n_positions + 31) / 32 * kv.block_bytes));
  kv.base = cache.data();
  std::vector<std::int32_t> block_table;
  for (std::int32_t i = 0; i < (n_positions + 31) / 32; ++i) {
    block_table.push_back(i);
  }
  const auto queries = random_floats(n_rows * 3 * 64);
  std::vector<float> out(queries.size());
  kernels::AttentionTask task;
  task.kv = &kv;
  task.block_table = block_table.data();
  task.queries = queries.data();
  task.out = out.data();
  task.row_stride = 3 * 64;
  task.n_rows = static_cast<std::int32_t>(n_rows);
  task.n_heads = 3;
  task.first_position = n_positions - n_rows;
  task.scale = 0.125F;
  std::vector<unsigned char> scratch(static_cast<std::size_t>(table.attention_scratch_bytes(task)));
  for (auto _ : state) {
    table.attention(task, scratch.data());
    benchmark::ClobberMemory();
  }
  const auto n = static_cast<double>(state.iterations());
  const auto seen = static_cast<double>(n_rows) * (static_cast<double>(n_positions) - static_cast<double>(n_rows) / 2);
  state.counters["Gflop/s"] = benchmark::Counter(4e-9 * n * 3 * 64 * seen, benchmark::Counter::kIsRate);
  state.counters["GB/s"] =
      benchmark::Counter(1e-9 * n * static_cast<double>(cache.size()), benchmark::Counter::kIsRate);
}

template <typename Run>
void row_kernel(benchmark::State& state, Run run) {
  const std::int64_t n = state.range(0);
  const auto x = random_floats(n);
  std::vector<float> out(static_cast<std::size_t>(2 * n + 64));
  for (auto _ : state) {
    run(x.data(), n, out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
}

void register_row_kernels(cpu::IsaLevel level) {
  const KernelTable& t = kernels::kernel_table(level);
  const std::string name = std::string("/") + t.name;
  const auto add = [&](const std::string& kernel, auto run) {
    benchmark::RegisterBenchmark((kernel + name).c_str(), [run](benchmark::State& state) {
      row_kernel(state, run);
    })->Arg(2048);
  };
  add("rms_norm", [&t](const float* x, std::int64_t n, float* out) { t.rms_norm(x, x, 1e-5F, n, out); });
  add("layer_norm", [&t](const float* x, std::int64_t n, float* out) { t.layer_norm(x, x, x, 1e-5F, n, out); });
  add("silu_multiply", [&t](const float* x, std::int64_t n, float* out) {
    t.activate_multiply(kernels::Activation::kSilu, x, x, n, out);
  });
  add("gelu_tanh_multiply", [&t](const float* x, std::int64_t n, float* out) {
    t.activate_multiply(kernels::Activation::kGeluTanh, x, x, n, out);
  });
  add("quantize_block32", [&t](const float* x, std::int64_t n, float* out) {
    t.quantize_row(ActivationKind::kI8Block32, x, n, reinterpret_cast<unsigned char*>(out));
  });
  add("quantize_block256", [&t](const float* x, std::int64_t n, float* out) {
    t.quantize_row(ActivationKind::kI8Block256, x, n, reinterpret_cast<unsigned char*>(out));
  });
  add("sum_exp", [&t](const float* x, std::int64_t n, float*) { benchmark::DoNotOptimize(t.sum_exp(x, 4.0F, n)); });
  add("argmax", [&t](const float* x, std::int64_t n, float*) { benchmark::DoNotOptimize(t.argmax(x, n)); });
}

void register_level(cpu::IsaLevel level) {
  const std::string name = kernels::kernel_table(level).name;
  for (const quant::BlockType type : kTypes) {
    const std::string encoding(quant::info(type).name);
    const auto add = [&](const std::string& kernel, bool exact, const std::vector<std::int64_t>& rows) {
      auto* bench = benchmark::RegisterBenchmark(
          (kernel + "/" + name + "/" + encoding).c_str(),
          [level, type, exact](benchmark::State& state) { gemm(state, level, type, exact); });
      for (const std::int64_t n : rows) {
        bench->Arg(n);
      }
      bench->Unit(benchmark::kMicrosecond);
    };
    add("gemm", false, {1, 2, 4, 8, 16, 128, 512});
    if (quant::info(type).block_size > 1) {
      add("gemm_exact", true, {1, 128});
    }
  }
  for (const auto& [type, type_name] :
       {std::pair{kernels::KvType::kF32, "f32"}, {kernels::KvType::kF16, "f16"}, {kernels::KvType::kQ8_0, "q8_0"}}) {
    benchmark::RegisterBenchmark(("attention/" + name + "/" + type_name).c_str(),
                                 [level, type](benchmark::State& state) { attention(state, level, type); })
        ->Args({1, 512})
        ->Args({1, 8192})
        ->Args({128, 512})
        ->Unit(benchmark::kMicrosecond);
  }
  register_row_kernels(level);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const cpu::IsaLevel level : cpu::available_levels()) {
    register_level(level);
  }
  benchmark::RunSpecifiedBenchmarks();
}
