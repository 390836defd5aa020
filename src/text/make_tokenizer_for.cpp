#include "text/make_tokenizer_for.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "formats/companion.h"
#include "text/make_ggml_tokenizer.h"
#include "text/make_tokenizer.h"
#include "text/token_roles.h"

namespace hearth::text {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwnVocabulary = "the file's own vocabulary";
constexpr std::string_view kHubFiles = "tokenizer.json, tokenizer.model, or vocab.json with merges.txt";

// Reads files beside a model, and keeps a hash of all that it read.
class Companions {
 public:
  explicit Companions(fs::path folder) : folder_(std::move(folder)) {}

  // nullopt if the file is not there.
  Result<std::optional<std::string>> read(std::string_view name) {
    HEARTH_TRY(auto bytes, formats::read_companion(folder_, name));
    if (bytes) {
      hash_.update(fmt::format("{} {} ", name, bytes->size()));
      hash_.update(*bytes);
    }
    return bytes;
  }

  std::string identity() { return base::to_hex(hash_.finish()); }

 private:
  fs::path folder_;
  base::Sha256 hash_;
};

using Made = Result<std::unique_ptr<Tokenizer>>;

Result<ModelTokenizer> finish(Made made, std::string_view origin, Companions& companions, const fs::path& folder) {
  if (!made) return base::fail_at((folder / "").string(), std::move(made).error());
  return ModelTokenizer{*std::move(made), std::string(origin), companions.identity()};
}

// What config.json and generation_config.json add to the roles of tokens.
void read_ids(const formats::Metadata& metadata, TokenRoles& roles) {
  const auto id = [&](std::string_view key) -> std::optional<TokenId> {
    const auto value = metadata.integer(key);
    return value && *value >= 0 && *value <= kMaxTokenId ? std::optional(static_cast<TokenId>(*value)) : std::nullopt;
  };
  roles.model_type = metadata.text("model_type").value_or("");
  roles.bos_id = id("bos_token_id");
  for (const std::string_view key : {"generation_config.eos_token_id", "eos_token_id"}) {
    if (!roles.end_ids.empty()) break;
    if (const auto one = id(key)) roles.end_ids.push_back(*one);
    const auto* several = metadata.integers(key);
    if (several == nullptr) continue;
    for (const std::int64_t value : *several) {
      if (value >= 0 && value <= kMaxTokenId) roles.end_ids.push_back(static_cast<TokenId>(value));
    }
  }
  if (!roles.end_ids.empty()) roles.eos_id = roles.end_ids.front();
}

const std::string kNone;

Result<TokenRoles> read_roles(const formats::Metadata& metadata, Companions& companions) {
  HEARTH_TRY(const auto config, companions.read("tokenizer_config.json"));
  HEARTH_TRY(const auto map, companions.read("special_tokens_map.json"));
  HEARTH_TRY(const auto added, companions.read("added_tokens.json"));
  const auto view = [](const std::optional<std::string>& text) { return std::string_view(text ? *text : kNone); };
  HEARTH_TRY(TokenRoles roles,
             read_token_roles(
                 {.tokenizer_config = view(config), .special_tokens_map = view(map), .added_tokens = view(added)}));
  read_ids(metadata, roles);
  return roles;
}

// A hub folder; nullopt where it has no tokenizer.
Result<std::optional<ModelTokenizer>> from_hub_folder(const fs::path& folder, const formats::Metadata& metadata) {
  Companions companions(folder);
  auto roles = read_roles(metadata, companions);
  if (!roles) return base::fail_at((folder / "").string(), std::move(roles).error());
  HEARTH_TRY(const auto json, companions.read("tokenizer.json"));
  if (json) return finish(make_tokenizer_from_json(*json, *roles), "tokenizer.json", companions, folder);
  for (const std::string_view name : {"tokenizer.model", "spiece.model"}) {
    HEARTH_TRY(const auto model, companions.read(name));
    if (model) return finish(make_sentencepiece_tokenizer(*model, *roles), name, companions, folder);
  }
  HEARTH_TRY(const auto vocab, companions.read("vocab.json"));
  HEARTH_TRY(const auto merges, companions.read("merges.txt"));
  if (vocab && merges) {
    return finish(make_vocab_merges_tokenizer(*vocab, *merges, *roles), "vocab.json and merges.txt", companions,
                  folder);
  }
  if (vocab || merges) {
    return fail(ErrorCode::kNotFound,
                fmt::format("{}: the folder has {}, but {} is missing", folder.string(),
                            vocab ? "vocab.json" : "merges.txt", vocab ? "merges.txt" : "vocab.json"));
  }
  return std::nullopt;
}

// One file that is a whole tokenizer by itself, told by its ending; nullopt if it is not there.
Result<std::optional<ModelTokenizer>> from_file(const fs::path& path, const formats::Metadata& metadata) {
  const fs::path folder = formats::companion_folder(path);
  Companions companions(folder);
  const std::string name = path.filename().string();
  HEARTH_TRY(const auto bytes, companions.read(name));
  if (!bytes) return std::nullopt;
  TokenRoles roles;
  read_ids(metadata, roles);
  if (name.ends_with(".json")) return finish(make_tokenizer_from_json(*bytes, roles), name, companions, folder);
  if (name.ends_with(".model")) return finish(make_sentencepiece_tokenizer(*bytes, roles), name, companions, folder);
  if (name.ends_with(".txt")) return finish(make_rwkv_tokenizer(*bytes), name, companions, folder);
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: a tokenizer file ends with .json, .model or, for RWKV, .txt", path.string()));
}

Result<ModelTokenizer> from_named(const fs::path& named, const formats::Metadata& metadata) {
  std::error_code ignored;
  HEARTH_TRY(auto made,
             fs::is_directory(named, ignored) ? from_hub_folder(named, metadata) : from_file(named, metadata));
  if (!made) return fail(ErrorCode::kNotFound, fmt::format("{}: no tokenizer is there", named.string()));
  return *std::move(made);
}

Result<ModelTokenizer> none_found(const fs::path& model, std::string_view looked_for) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: the model has no tokenizer, so it cannot read text: looked for {} beside it",
                          model.string(), looked_for));
}

Result<ModelTokenizer> own_vocabulary(Made made, const fs::path& model) {
  if (!made) return base::fail_at(model.string(), std::move(made).error());
  return ModelTokenizer{*std::move(made), std::string(kOwnVocabulary), {}};
}

// The first of these names that lies beside the model.
Result<std::optional<ModelTokenizer>> first_beside(const formats::Checkpoint& checkpoint,
                                                   const std::vector<std::string>& names) {
  const fs::path folder = formats::companion_folder(checkpoint.path);
  for (const std::string& name : names) {
    HEARTH_TRY(auto made, from_file(folder / name, checkpoint.metadata));
    if (made) return made;
  }
  return std::nullopt;
}

// MODEL.tokenizer.json, the name that LocalAI looked for; MODEL with and without its ending.
std::vector<std::string> names_after_model(const formats::Checkpoint& checkpoint) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(checkpoint.path, ignored);
  if (is_folder && checkpoint.convention == formats::Convention::kHf) return {};
  const fs::path model = is_folder && !checkpoint.files.empty() ? checkpoint.files.front().path() : checkpoint.path;
  std::vector<std::string> names = {model.filename().string() + ".tokenizer.json"};
  if (model.has_extension()) names.push_back(model.stem().string() + ".tokenizer.json");
  return names;
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Result<ModelTokenizer> for_rwkv(const formats::Checkpoint& checkpoint, std::vector<std::string> names) {
  // A folder may hold the vocabularies of both kinds of models: the World models have 65,536 tokens, those of the Pile
  // some 50,000.
  constexpr std::int64_t kLeastWorldTokens = 60000;
  const formats::TensorView* embedding = checkpoint.find("emb.weight");
  const bool is_world = embedding != nullptr && embedding->n_rows() >= kLeastWorldTokens;
  const std::string world = "rwkv_vocab_v20230424.txt";
  if (is_world) names.push_back(world);
  names.insert(names.end(), {"20B_tokenizer.json", "tokenizer.json"});
  if (!is_world) names.push_back(world);
  HEARTH_TRY(auto made, first_beside(checkpoint, names));
  if (made) return *std::move(made);
  return none_found(checkpoint.path, join(names));
}

}  // namespace

Result<ModelTokenizer> make_tokenizer_for(const formats::Checkpoint& checkpoint, const fs::path& named) {
  if (!named.empty()) return from_named(named, checkpoint.metadata);
  std::vector<std::string> names = names_after_model(checkpoint);
  HEARTH_TRY(auto own_file, first_beside(checkpoint, names));
  if (own_file) return *std::move(own_file);
  switch (checkpoint.convention) {
    case formats::Convention::kRwkv:
      return for_rwkv(checkpoint, std::move(names));
    case formats::Convention::kGgml:
      return own_vocabulary(make_ggml_tokenizer(checkpoint.metadata), checkpoint.path);
    case formats::Convention::kGguf: {
      auto made = make_gguf_tokenizer(checkpoint.metadata);
      if (made || made.error().code != ErrorCode::kNotFound) return own_vocabulary(std::move(made), checkpoint.path);
      break;
    }
    case formats::Convention::kHf:
      break;
  }
  HEARTH_TRY(auto made, from_hub_folder(formats::companion_folder(checkpoint.path), checkpoint.metadata));
  if (made) return *std::move(made);
  names.emplace_back(kHubFiles);
  return none_found(checkpoint.path, join(names));
}

}  // namespace hearth::text
