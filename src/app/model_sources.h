// The models folder as the registry wants it: the gallery's list joined with each model's YAML.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "backends/loaded_model.h"
#include "base/result.h"
#include "gallery/store.h"

namespace hearth::app {

class ModelSources {
 public:
  explicit ModelSources(std::filesystem::path models_path) : store_(std::move(models_path)) {}

  // Sorted by name. Unless `fresh`, an answer of the last second is given again, so that a busy server does not read
  // the folder for every request. Any thread.
  Result<std::vector<backends::ModelSource>> list(bool fresh);

 private:
  Result<std::vector<backends::ModelSource>> read();
  config::ModelConfig config_of(const gallery::StoredModel& model);
  std::filesystem::path named_tokenizer(const gallery::StoredModel& model, const config::ModelConfig& config) const;

  gallery::Store store_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point read_at_;
  std::vector<backends::ModelSource> sources_;
  bool known_ = false;
  std::map<std::string, std::string> told_;  // YAML file -> what was already logged about it
};

}  // namespace hearth::app
