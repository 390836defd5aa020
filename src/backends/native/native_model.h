// NativeModel: a model on Hearth's own engine, from an opened file to a LoadedModel.
//
// app gives load_native_model to the registry as its load function. Everything slow happens on the registry's loader
// thread; other models go on answering meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backends/loaded_model.h"
#include "base/result.h"
#include "base/task_pool.h"
#include "cpu/isa.h"
#include "engine/engine_thread.h"

namespace hearth::backends {

struct NativeOptions {
  std::optional<std::int64_t> context_size;  // of --context-size; a YAML's wins
  std::uint64_t kv_cache_bytes = 0;          // 0: what the memory budget leaves
  std::string kv_cache_type = "f16";
  std::int64_t max_queued = 256;
  cpu::IsaLevel isa{};
};

// `pool` must outlive every model.
Result<std::shared_ptr<LoadedModel>> load_native_model(const ModelSource& source, std::uint64_t memory_bytes,
                                                       const NativeOptions& options,
                                                       std::shared_ptr<engine::EngineThread> thread,
                                                       base::TaskPool& pool);

}  // namespace hearth::backends
