#include "gallery/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "base/log.h"
#include "config/model_config.h"
#include "config/scalar_text.h"
#include "gallery/builtin.h"
#include "gallery/shards.h"
#include "gallery/weights.h"

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

// What a YAML names, if it is there. A path with folders may not reach outside through a link; a link directly in the
// models folder is its owner's way of keeping weights on another disk.
std::optional<fs::path> resolve_exactly(const fs::path& folder, const std::string& name) {
  std::error_code error;
  fs::path path = folder / name;
  if (!fs::exists(path, error)) return std::nullopt;
  if (is_plain_file_name(name)) return path;
  const fs::path whole = fs::canonical(path, error), base = fs::canonical(folder, error);
  const auto [end, rest] = std::ranges::mismatch(base, whole);
  return !error && end == base.end() && whole != base ? std::optional(path) : std::nullopt;
}

// A hub's name "ORGANISATION/REPOSITORY" also means the folder REPOSITORY, as a clone of it is called.
std::optional<fs::path> resolve(const fs::path& folder, std::string name) {
  if (!config::stays_below(name)) return std::nullopt;
  while (name.ends_with('/')) name.pop_back();
  if (auto path = resolve_exactly(folder, name)) return path;
  const auto slash = name.find('/');
  if (slash == std::string::npos || name.find('/', slash + 1) != std::string::npos) return std::nullopt;
  auto clone = resolve_exactly(folder, name.substr(slash + 1));
  std::error_code ignored;
  return clone && fs::is_directory(*clone, ignored) ? clone : std::nullopt;
}

std::string name_of_file(const fs::path& file) {
  const auto shard = parse_shard_name(file.filename().string());
  return shard ? shard->base : file.stem().string();
}

void add_file(StoredModel& model, const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size_bytes = fs::file_size(path, error);
  if (error) return;
  model.files.push_back(path);
  model.size_bytes += size_bytes;
}

void add_files(StoredModel& model) {
  for (const std::string& name : all_shards(model.file.filename().string())) {
    add_file(model, model.file.parent_path() / name);
  }
  for (const fs::path& part : numbered_parts(model.file)) add_file(model, part);
}

struct Listing {
  std::vector<StoredModel> models;
  std::set<std::string> names;

  void add(StoredModel model) {
    if (!names.insert(model.name).second) {
      base::log_warning("{}: another model is called '{}' too; this one is left out", model.file.string(), model.name);
      return;
    }
    models.push_back(std::move(model));
  }

  void add_file_model(StoredModel model) {
    add_files(model);
    add(std::move(model));
  }

  void add_folder_model(StoredModel model, const std::vector<fs::path>& weights) {
    model.is_folder = true;
    for (const fs::path& file : weights) add_file(model, file);
    add(std::move(model));
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
    if (!file) continue;
    StoredModel model{.name = config.name.value_or(yaml.stem().string()), .file = *file, .config = yaml};
    if (std::error_code ignored; !fs::is_directory(*file, ignored)) {
      listing.add_file_model(std::move(model));
      continue;
    }
    const FolderWeights weights = weights_in_folder(*file);
    if (weights.n_models > 0) listing.add_folder_model(std::move(model), weights.files);
  }
}

struct FolderContent {
  std::vector<fs::path> yamls, files, folders;  // each sorted; nothing hidden
};

Result<FolderContent> read_folder(const fs::path& folder) {
  FolderContent content;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const fs::path& path = entry->path();
    if (!is_plain_file_name(path.filename().string())) continue;
    if (entry->is_directory(ignored)) {
      content.folders.push_back(path);
    } else if (entry->is_regular_file(ignored)) {
      (is_yaml(path) ? content.yamls : content.files).push_back(path);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", folder.string(), error.message()));
  }
  for (auto* paths : {&content.yamls, &content.files, &content.folders}) std::ranges::sort(*paths);
  return content;
}

// What no YAML names: loose files and folders of one model, and one level down those in folders of several.
struct LooseModels {
  Listing& listing;
  std::set<fs::path> used;     // files and folders that a YAML names
  std::set<fs::path> parents;  // the folders that these lie in

  void add_files(const std::vector<fs::path>& files, const std::string& group) {
    for (const fs::path& file : files) {
      const auto shard = parse_shard_name(file.filename().string());
      if (used.contains(file) || (shard && shard->index != 1) || !is_weights_file(file)) continue;
      listing.add_file_model({.name = group + name_of_file(file), .file = file});
    }
  }

  void add_folders(const std::vector<fs::path>& folders, const std::string& group) {
    for (const fs::path& folder : folders) {
      if (used.contains(folder)) continue;
      const std::string name = group + folder.filename().string();
      const FolderWeights weights = weights_in_folder(folder);
      if (weights.n_models == 1) {
        if (!parents.contains(folder)) listing.add_folder_model({.name = name, .file = folder}, weights.files);
      } else if (group.empty()) {
        const auto content = read_folder(folder);
        if (!content) continue;
        add_files(content->files, name + "/");
        add_folders(content->folders, name + "/");
      }
    }
  }
};

// The first model of `models` for which `key(model)` is `wanted`.
template <typename Key>
const StoredModel* match(const std::vector<StoredModel>& models, const std::string& wanted, Key key) {
  const auto found = std::ranges::find_if(models, [&](const StoredModel& model) { return key(model) == wanted; });
  return found == models.end() ? nullptr : &*found;
}

const StoredModel* find_in(const std::vector<StoredModel>& models, const std::string& name) {
  const auto file_name = [](const StoredModel& model) { return model.file.filename().string(); };
  const auto stem = [&](const StoredModel& m) { return m.is_folder ? file_name(m) : name_of_file(m.file); };
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
  HEARTH_TRY(const FolderContent content, read_folder(models_path_));
  Listing listing;
  for (const fs::path& yaml : content.yamls) add_configured(models_path_, yaml, listing);
  LooseModels loose{.listing = listing};
  for (const StoredModel& model : listing.models) {
    loose.used.insert(model.files.begin(), model.files.end());
    loose.used.insert(model.file);
    loose.parents.insert(model.file.parent_path());
  }
  loose.add_files(content.files, "");
  loose.add_folders(content.folders, "");
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
  if (model.is_folder) {
    const bool shared =
        std::ranges::any_of(kept, [&](const fs::path& file) { return file.parent_path() == model.file; });
    if (!shared) wanted.push_back(model.file);
  } else {
    for (const fs::path& file : model.files) {
      if (!kept.contains(file))
        wanted.insert(wanted.end(), {file, file.string() + ".partial", file.string() + ".partial.origin"});
    }
  }
  for (const fs::path& path : wanted) {
    std::error_code error;
    // Links are removed, never what they point to.
    if (fs::remove_all(path, error) > 0 && !error) removed.push_back(path);
    if (error) return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path.string(), error.message()));
  }
  return removed;
}

}  // namespace hearth::gallery
