// TestMatrix: a random weight matrix of one encoding, packed for one ISA level, with its exact values beside it.
//
// Shared by the tests of kernels: the values come from the oracles of quant, never from the code under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "cpu/isa.h"
#include "kernels/kernels.h"
#include "quant/block_type.h"

namespace hearth::kernels {

inline constexpr quant::BlockType kPackedTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) quant::BlockType::enumerator,
#include "quant/block_types.def"
};

// Random blocks whose floats are finite and of a model's size; integers take every value.
std::vector<std::byte> random_rows(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols, std::uint32_t seed);

// The same with every integer byte set to `pattern`.
std::vector<std::byte> patterned_rows(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols, int pattern);

struct TestMatrix {
  TestMatrix(quant::BlockType block_type, std::int64_t n_rows, std::int64_t n_cols, cpu::IsaLevel level,
             std::uint32_t seed = 1);
  // From rows that are given.
  TestMatrix(quant::BlockType block_type, std::vector<std::byte> rows, std::int64_t n_cols, cpu::IsaLevel level);
  TestMatrix(const TestMatrix&) = delete;
  TestMatrix& operator=(const TestMatrix&) = delete;

  quant::BlockType type;
  std::vector<std::byte> encoded;  // n_rows rows
  std::vector<float> values;       // [n_rows, n_cols]
  std::vector<unsigned char> storage;
  PackedMatrix packed;
};

// Rows of activations in the form that a kernel reads.
struct TestActivations {
  TestActivations(const KernelTable& table, ActivationKind kind, const std::vector<float>& values, std::int64_t n_rows);
  TestActivations(const TestActivations&) = delete;
  TestActivations& operator=(const TestActivations&) = delete;

  std::vector<unsigned char> storage;
  ActivationView view;
};

std::vector<float> random_floats(std::int64_t n, std::uint32_t seed, float scale = 1.0F);
std::string level_name(cpu::IsaLevel level);

}  // namespace hearth::kernels
