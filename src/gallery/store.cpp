#include "gallery/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <optional>
#include <set>

#include "base/log.h"
#include "config/model_config.h"
#include "config/scalar_text.h"
#include "gallery/builtin.h"
#include "gallery/shards.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

// Weights are told by their ending, or by their content: old setups name a GGUF file as they like.
bool is_weights(const fs::path& path) {
  const std::string ending = lower(path.extension().string());
  if (ending == ".gguf") return true;
  if (ending == ".partial" || ending == ".origin") return false;
  std::array<char, 4> magic{};
  std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
  return std::string_view(magic.data(), magic.size()) == "GGUF";
}

// The file that a YAML names, if it is there. A path with folders may not reach outside through a link; a link directly
// in the models folder is its owner's way of keeping weights on another disk.
std::optional<fs::path> resolve(const fs::path& folder, const std::string& name) {
  if (!config::stays_below(name)) return std::nullopt;
  std::error_code error;
  fs::path path = folder / name;
  if (!fs::exists(path, error)) return std::nullopt;
  if (is_plain_file_name(name)) return path;
  const fs::path whole = fs::canonical(path, error), base = fs::canonical(folder, error);
  const auto [end, rest] = std::ranges::mismatch(base, whole);
  return !error && end == base.end() ? std::optional(path) : std::nullopt;
}

std::string name_of_file(const fs::path& file) {
  const auto shard = parse_shard_name(file.filename().string());
  return shard ? shard->base : file.stem().string();
}

void add_files(StoredModel& model) {
  for (const std::string& name : all_shards(model.file.filename().string())) {
    const fs::path path = model.file.parent_path() / name;
    std::error_code error;
    const std::uintmax_t size_bytes = fs::file_size(path, error);
    if (error) continue;
    model.files.push_back(path);
    model.size_bytes += size_bytes;
  }
  if (model.files.empty()) model.files.push_back(model.file);  // a folder: its formats come with their readers
}

struct Listing {
  std::vector<StoredModel> models;
  std::set<std::string> names;

  void add(StoredModel model) {
    if (!names.insert(model.name).second) {
      base::log_warning("{}: another model is called '{}' too; this one is left out", model.file.string(), model.name);
      return;
    }
    add_files(model);
    models.push_back(std::move(model));
  }
};

void add_configured(const fs::path& folder, const fs::path& yaml, Listing& listing) {
  const auto configs = config::read_model_configs(yaml);
  if (!configs) {
    base::log_warning("{}; this file is left out", configs.error().message);
    return;
  }
  for (const config::ModelConfig& config : *configs) {
    const auto file = config.parameters.model ? resolve(folder, *config.parameters.model) : std::nullopt;
    if (file) listing.add({.name = config.name.value_or(yaml.stem().string()), .file = *file, .config = yaml});
  }
}

// The first model of `models` for which `key(model)` is `wanted`.
template <typename Key>
const StoredModel* match(const std::vector<StoredModel>& models, const std::string& wanted, Key key) {
  const auto found = std::ranges::find_if(models, [&](const StoredModel& model) { return key(model) == wanted; });
  return found == models.end() ? nullptr : &*found;
}

const StoredModel* find_in(const std::vector<StoredModel>& models, const std::string& name) {
  const auto file_name = [](const StoredModel& model) { return model.file.filename().string(); };
  const auto stem = [](const StoredModel& model) { return name_of_file(model.file); };
  if (const auto* model = match(models, name, [](const StoredModel& m) { return m.name; })) return model;
  if (const auto* model = match(models, name, file_name)) return model;
  if (const auto* model = match(models, name, stem)) return model;
  const std::string small = lower(name);
  if (const auto* model = match(models, small, [](const StoredModel& m) { return lower(m.name); })) return model;
  if (const auto* model = match(models, small, [&](const StoredModel& m) { return lower(file_name(m)); })) return model;
  if (const auto* model = match(models, small, [&](const StoredModel& m) { return lower(stem(m)); })) return model;
  const GalleryEntry* entry = find_gallery_entry(name);
  return entry == nullptr ? nullptr : match(models, entry->files.front().filename, file_name);
}

}  // namespace

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.size() <= 200 &&
         std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/' || c == '\\'; });
}

Result<std::vector<StoredModel>> Store::list() const {
  std::error_code error;
  std::vector<fs::path> yamls, weights;
  for (const auto& entry : fs::directory_iterator(models_path_, error)) {
    std::error_code ignored;
    const std::string name = entry.path().filename().string();
    if (!is_plain_file_name(name) || !entry.is_regular_file(ignored)) continue;
    if (is_yaml(entry.path())) {
      yamls.push_back(entry.path());
    } else if (is_weights(entry.path())) {
      weights.push_back(entry.path());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", models_path_.string(), error.message()));
  }
  std::ranges::sort(yamls);
  std::ranges::sort(weights);
  Listing listing;
  for (const fs::path& yaml : yamls) add_configured(models_path_, yaml, listing);
  std::set<fs::path> used;
  for (const StoredModel& model : listing.models) used.insert(model.files.begin(), model.files.end());
  for (const fs::path& file : weights) {
    const auto shard = parse_shard_name(file.filename().string());
    if (used.contains(file) || (shard && shard->index != 1)) continue;
    listing.add({.name = name_of_file(file), .file = file});
  }
  std::ranges::sort(listing.models, {}, &StoredModel::name);
  return listing.models;
}

Result<StoredModel> Store::find(std::string_view name) const {
  if (!config::stays_below(name)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a model's name", name));
  }
  HEARTH_TRY(const std::vector<StoredModel> models, list());
  if (const StoredModel* model = find_in(models, std::string(name))) return *model;
  std::string known;
  for (const StoredModel& model : models) known += (known.empty() ? "" : ", ") + model.name;
  return fail(ErrorCode::kNotFound, fmt::format("no model is called '{}'; {}", name,
                                                known.empty() ? "none is installed" : "installed: " + known));
}

Result<std::vector<fs::path>> Store::remove(std::string_view name) const {
  HEARTH_TRY(const StoredModel model, find(name));
  HEARTH_TRY(const std::vector<StoredModel> models, list());
  std::set<fs::path> kept;
  for (const StoredModel& other : models) {
    if (other.name == model.name) continue;
    kept.insert(other.files.begin(), other.files.end());
    if (!model.config.empty() && other.config == model.config) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} holds several models: remove '{}' there by hand", model.config.string(), model.name));
    }
  }
  std::vector<fs::path> wanted, removed;
  if (!model.config.empty()) wanted.push_back(model.config);
  for (const fs::path& file : model.files) {
    if (!kept.contains(file))
      wanted.insert(wanted.end(), {file, file.string() + ".partial", file.string() + ".partial.origin"});
  }
  for (const fs::path& path : wanted) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      return fail(ErrorCode::kUnsupported, fmt::format("{} is a folder: remove it by hand", path.string()));
    }
    if (fs::remove(path, error)) removed.push_back(path);
    if (error) return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path.string(), error.message()));
  }
  return removed;
}

}  // namespace hearth::gallery
