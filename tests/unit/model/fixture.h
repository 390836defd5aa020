// Opens the golden fixtures for the tests of model.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "cpu/isa.h"
#include "cpu/thread_pool.h"
#include "formats/checkpoint.h"
#include "kernels/kernels.h"
#include "model/loader.h"

namespace hearth::model::testing {

inline formats::Checkpoint open_fixture(const std::string& name) {
  auto checkpoint = formats::open_checkpoint(std::filesystem::path(HEARTH_GOLDEN_FOLDER) / name / "model.gguf");
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  return std::move(checkpoint).value();
}

// The best level of this CPU, or the one HEARTH_ISA names.
inline const kernels::KernelTable& test_kernels() {
  return kernels::kernel_table(cpu::select_level().value());
}

inline std::unique_ptr<Model> load_fixture(const std::string& name, cpu::ThreadPool& pool,
                                           Precision precision = Precision::kFast, std::int64_t context_size = 0) {
  auto model =
      load_model(open_fixture(name), {.precision = precision, .context_size = context_size}, pool, test_kernels());
  EXPECT_TRUE(model) << model.error().message;
  return std::move(model).value();
}

}  // namespace hearth::model::testing
