#include "formats/hf_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "formats/companion.h"
#include "formats/shard_name.h"

namespace hearth::formats {
namespace {

constexpr std::string_view kSafetensors = ".safetensors";
constexpr std::string_view kBin = ".bin";
constexpr std::array<std::string_view, 3> kTorchEndings = {kBin, ".pth", ".pt"};
constexpr std::size_t kMaxListed = 10;

// What trainers and adapters leave beside a model.
constexpr std::array<std::string_view, 8> kNoModels = {"adapter", "optimizer", "scheduler",     "training_args",
                                                       "scaler",  "rng_state", "random_states", "consolidated"};

// Names of the folder's files, and where they lie.
struct Folder {
  std::filesystem::path path;
  std::set<std::string, std::less<>> names;
};

// A model by its name without shard number and ending.
struct Stem {
  std::string base;
  std::string ending;
  bool operator<(const Stem& other) const { return std::tie(base, ending) < std::tie(other.base, other.ending); }
};

std::string index_name(std::string_view base, std::string_view ending) {
  return fmt::format("{}{}.index.json", base, ending);
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

// {"metadata": …, "weight_map": {tensor: file name}}
Result<WeightFiles> read_index(const std::filesystem::path& folder, const std::string& name) {
  const std::string where = (folder / name).string();
  const auto corrupt = [&](std::string_view what) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: {}", where, what), where);
  };
  HEARTH_TRY(const auto text, read_companion(folder, name));
  if (!text) {
    return fail(ErrorCode::kNotFound, fmt::format("{}: no such file", where), where);
  }
  const auto index = base::parse_json(*text);
  if (!index) {
    return corrupt(index.error().message);
  }
  const auto weight_map = index->is_object() ? index->find("weight_map") : index->end();
  if (weight_map == index->end() || !weight_map->is_object() || weight_map->empty()) {
    return corrupt("\"weight_map\" must be an object that names the file of every tensor");
  }
  WeightFiles weights;
  std::set<std::string> names;
  for (const auto& [tensor, file] : weight_map->items()) {
    if (!file.is_string() || !is_plain_name(file.get_ref<const std::string&>())) {
      return corrupt(fmt::format("the file of tensor {} must be the name of a file in this folder", tensor));
    }
    names.insert(file.get<std::string>());
    weights.weight_map.emplace(tensor, file.get<std::string>());
  }
  for (const std::string& shard : names) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(folder / shard, ignored)) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("{}: the index names {}, which is missing (is the download complete?)", where, shard),
                  where);
    }
    weights.files.push_back(folder / shard);
  }
  return weights;
}

// The model `stem` of the folder as one file, by its index, or as numbered shards; nullopt without any of them.
Result<std::optional<WeightFiles>> find_stem(const Folder& folder, const Stem& stem) {
  if (const std::string single = stem.base + stem.ending; folder.names.contains(single)) {
    return WeightFiles{{folder.path / single}, {}};
  }
  if (const std::string index = index_name(stem.base, stem.ending); folder.names.contains(index)) {
    return read_index(folder.path, index);
  }
  for (auto name = folder.names.lower_bound(stem.base); name != folder.names.end() && name->starts_with(stem.base);
       ++name) {
    const auto shard = parse_shard_name(*name, stem.ending);
    if (shard && shard->base == stem.base) {
      HEARTH_TRY(auto files, shard_paths(folder.path / *name, stem.ending));
      return WeightFiles{std::move(files), {}};
    }
  }
  return std::nullopt;
}

template <typename Accept>
std::set<Stem> stems_with(const Folder& folder, std::string_view ending, Accept&& accept) {
  std::set<Stem> stems;
  for (const std::string& name : folder.names) {
    if (name.ends_with(ending) && accept(name)) {
      const auto shard = parse_shard_name(name, ending);
      const std::string_view whole(name.data(), name.size() - ending.size());
      stems.insert({std::string(shard ? shard->base : whole), std::string(ending)});
    }
  }
  return stems;
}

// The only model among `stems`.
Result<std::optional<WeightFiles>> find_only(const Folder& folder, const std::set<Stem>& stems) {
  if (stems.empty()) {
    return std::nullopt;
  }
  if (stems.size() == 1) {
    return find_stem(folder, *stems.begin());
  }
  std::vector<std::string> listed;
  for (const Stem& stem : stems) {
    if (listed.size() == kMaxListed) {
      listed.push_back("…");
      break;
    }
    listed.push_back(stem.base + stem.ending);
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: the folder holds {} models, name one of them: {}", folder.path.string(), stems.size(),
                          fmt::join(listed, ", ")),
              folder.path.string());
}

bool starts_with_any(std::string_view name, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// The names that quantize_config.json gives or implies, most specific first. config.json is the loader's matter; a
// quantize_config.json that cannot be read is reported there, too.
std::vector<std::string> gptq_names(const std::filesystem::path& folder) {
  const auto text = read_companion(folder, "quantize_config.json");
  const auto config = text && *text ? base::parse_json(**text) : base::parse_json("{}");
  std::vector<std::string> names;
  if (!config || !config->is_object()) {
    return names;
  }
  if (const auto name = config->find("model_file_base_name"); name != config->end() && name->is_string()) {
    names.push_back(name->get<std::string>());
  }
  const auto bits = config->find("bits");
  const auto group_size = config->find("group_size");
  if (bits != config->end() && bits->is_number_integer() && group_size != config->end() &&
      group_size->is_number_integer()) {
    names.push_back(fmt::format("gptq_model-{}bit-{}g", bits->get<std::int64_t>(), group_size->get<std::int64_t>()));
  }
  return names;
}

// The names that decide by themselves, before "the only file with that ending".
std::vector<Stem> known_stems(const std::filesystem::path& folder) {
  std::vector<Stem> stems;
  for (const std::string& name : gptq_names(folder)) {
    stems.push_back({name, std::string(kSafetensors)});
    for (const std::string_view ending : kTorchEndings) {
      stems.push_back({name, std::string(ending)});
    }
  }
  stems.push_back({"model", std::string(kSafetensors)});
  stems.push_back({"output", std::string(kSafetensors)});
  return stems;
}

}  // namespace

Result<std::optional<WeightFiles>> find_weight_files(const std::filesystem::path& path,
                                                     const std::vector<std::filesystem::path>& files) {
  Folder folder{path, {}};
  for (const auto& file : files) {
    folder.names.insert(file.filename().string());
  }
  for (const Stem& stem : known_stems(path)) {
    HEARTH_TRY(auto found, find_stem(folder, stem));
    if (found) {
      return found;
    }
  }
  const auto is_model = [](std::string_view name) { return !starts_with_any(name, kNoModels); };
  HEARTH_TRY(auto safetensors, find_only(folder, stems_with(folder, kSafetensors, is_model)));
  if (safetensors) {
    return safetensors;
  }
  HEARTH_TRY(auto torch, find_stem(folder, {"pytorch_model", std::string(kBin)}));
  if (torch) {
    return torch;
  }
  const auto is_consolidated = [](std::string_view name) { return name.starts_with("consolidated"); };
  HEARTH_TRY(auto consolidated, find_only(folder, stems_with(folder, kSafetensors, is_consolidated)));
  if (consolidated) {
    return consolidated;
  }
  std::set<Stem> others;
  for (const std::string_view ending : kTorchEndings) {
    others.merge(stems_with(folder, ending, is_model));
  }
  return find_only(folder, others);
}

Result<WeightFiles> weight_files_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  for (const std::string_view ending : {kSafetensors, kTorchEndings[0], kTorchEndings[1], kTorchEndings[2]}) {
    const auto shard = parse_shard_name(name, ending);
    if (!shard) {
      continue;
    }
    const std::filesystem::path folder = companion_folder(file);
    const std::string index = index_name(shard->base, ending);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder / index, ignored)) {
      HEARTH_TRY(auto weights, read_index(folder, index));
      // An index of other files says nothing about this one.
      const auto is_this = [&](const auto& other) { return other.filename().string() == name; };
      if (std::ranges::any_of(weights.files, is_this)) {
        return weights;
      }
    }
    HEARTH_TRY(auto files, shard_paths(file, ending));
    return WeightFiles{std::move(files), {}};
  }
  return WeightFiles{{file}, {}};
}

}  // namespace hearth::formats
