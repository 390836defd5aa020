#include "app/model_sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "config/model_config.h"

namespace hearth::app {
namespace {

constexpr std::chrono::seconds kCacheTime{1};

// 0 for a file that is gone.
std::int64_t modified_at(const std::filesystem::path& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (error) {
    return 0;
  }
  const auto system_time = std::chrono::file_clock::to_sys(time);
  return std::chrono::duration_cast<std::chrono::seconds>(system_time.time_since_epoch()).count();
}

}  // namespace

Result<std::vector<backends::ModelSource>> ModelSources::list(bool fresh) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (fresh || !known_ || now - read_at_ > kCacheTime) {
    HEARTH_TRY(sources_, read());
    read_at_ = now;
    known_ = true;
  }
  return sources_;
}

Result<std::vector<backends::ModelSource>> ModelSources::read() {
  HEARTH_TRY(const std::vector<gallery::StoredModel> models, store_.list());
  std::vector<backends::ModelSource> sources;
  for (const gallery::StoredModel& model : models) {
    sources.push_back({.name = model.name,
                       .file = model.file,
                       .config = config_of(model),
                       .size_bytes = model.size_bytes,
                       .modified = std::max(modified_at(model.file), modified_at(model.config))});
  }
  return sources;
}

// A file may hold several models; the store has already left out what cannot be read.
config::ModelConfig ModelSources::config_of(const gallery::StoredModel& model) {
  if (model.config.empty()) {
    return {};
  }
  Result<std::vector<config::ModelConfig>> configs = config::read_model_configs(model.config);
  if (!configs) {
    return {};
  }
  const auto found = std::ranges::find_if(
      *configs, [&](const config::ModelConfig& config) { return config.name && *config.name == model.name; });
  if (found == configs->end()) {
    return {};
  }
  std::string notes = fmt::format("{}", fmt::join(found->warnings, "; "));
  if (!found->unused_keys.empty()) {
    notes +=
        fmt::format("{}accepted without effect: {}", notes.empty() ? "" : "; ", fmt::join(found->unused_keys, ", "));
  }
  std::string& told = told_[model.config.string() + "\n" + model.name];
  if (!notes.empty() && told != notes) {
    told = notes;
    base::log_warning("{}: {}", model.config.filename().string(), notes);
  }
  return *std::move(found);
}

}  // namespace hearth::app
