#include "app/open_model.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "app/cli.h"
#include "cpu/topology.h"
#include "gallery/builtin.h"
#include "gallery/store.h"
#include "kernels/kernels.h"

namespace hearth::app {

Result<std::filesystem::path> locate_model(const ModelOptions& options) {
  std::error_code ignored;
  if (std::filesystem::exists(options.model, ignored)) {
    return std::filesystem::path(options.model);
  }
  const auto stored = gallery::Store(options.models_path).find(options.model);
  if (stored) {
    return stored->file;
  }
  if (gallery::find_gallery_entry(options.model) != nullptr) {
    return fail(ErrorCode::kNotFound, options.model + " is not installed; get it with: hearth pull " + options.model,
                options.model);
  }
  return std::unexpected(stored.error());
}

Result<OpenedModel> load_for_command(formats::Checkpoint checkpoint, const ModelOptions& options, bool exact) {
  OpenedModel opened;
  HEARTH_TRY(opened.isa, cpu::select_level());
  const int n_threads = options.threads > 0 ? static_cast<int>(options.threads) : cpu::default_thread_count();
  opened.pool = std::make_unique<cpu::ThreadPool>(n_threads);
  model::LoadOptions load;
  load.precision = exact ? model::Precision::kExact : model::Precision::kFast;
  load.context_size = options.context_size;
  const auto start = std::chrono::steady_clock::now();
  HEARTH_TRY(opened.model,
             model::load_model(std::move(checkpoint), load, *opened.pool, kernels::kernel_table(opened.isa)));
  opened.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return opened;
}

int report_failure(const Error& error) {
  std::fprintf(stderr, "hearth: %s\n", error.message.c_str());
  return kExitFailed;
}

}  // namespace hearth::app
