#include "app/model_sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "config/model_config.h"
#include "config/scalar_text.h"

namespace hearth::app {
namespace {

constexpr std::chrono::seconds kCacheTime{1};

// Of a folder, the latest of its own files: replacing one does not touch the folder. 0 for what is gone.
std::int64_t modified_at(const std::filesystem::path& file);

std::int64_t latest_in(const std::filesystem::path& folder) {
  std::int64_t latest = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) {
      latest = std::max(latest, modified_at(entry->path()));
    }
  }
  return latest;
}

std::int64_t modified_at(const std::filesystem::path& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (error) {
    return 0;
  }
  if (std::filesystem::is_directory(file, error)) {
    return latest_in(file);
  }
  const auto system_time = std::chrono::file_clock::to_sys(time);
  return std::chrono::duration_cast<std::chrono::seconds>(system_time.time_since_epoch()).count();
}

// AutoGPTQ's model_base_name picks one weights file of a folder that holds several.
std::filesystem::path chosen_file(const gallery::StoredModel& model, const config::ModelConfig& config) {
  if (model.is_folder && config.model_base_name && gallery::is_plain_file_name(*config.model_base_name)) {
    for (const std::filesystem::path& file : model.files) {
      if (file.stem() == *config.model_base_name) {
        return file;
      }
    }
  }
  return model.file;
}

}  // namespace

// A file or folder below the models folder, or beside the model; anything else (a hub's name) means the model's own.
std::filesystem::path ModelSources::named_tokenizer(const gallery::StoredModel& model,
                                                    const config::ModelConfig& config) const {
  const config::Text& name = config.parameters.tokenizer;
  if (!name || !config::stays_below(*name)) {
    return {};
  }
  for (const std::filesystem::path& folder : {store_.models_path(), model.file.parent_path()}) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / *name, ignored)) {
      return folder / *name;
    }
  }
  return {};
}

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
    config::ModelConfig config = config_of(model);
    const std::filesystem::path tokenizer = named_tokenizer(model, config);
    const std::filesystem::path file = chosen_file(model, config);
    sources.push_back(
        {.name = model.name,
         .file = file,
         .is_folder = model.is_folder && file == model.file,
         .tokenizer = tokenizer,
         .config = std::move(config),
         .size_bytes = model.size_bytes,
         .modified = std::max({modified_at(model.file), modified_at(model.config), modified_at(tokenizer)})});
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
