// ModelConfig: one YAML file of the models folder, as a plain struct, in LocalAI's vocabulary.
//
// Old LocalAI files work unchanged: every key that LocalAI knows is in one table (model_config_keys), from which
// parsing, warnings and the documentation come. A member without a value was not given, so each default stays with
// whoever uses it. gallery/store, backends/model_registry and api read it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace hearth::config {

using Text = std::optional<std::string>;
using Integer = std::optional<std::int64_t>;
using Number = std::optional<double>;
using Flag = std::optional<bool>;
using TextList = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;

// `parameters:`, the sampling defaults that a request overrides.
struct Parameters {
  Text model;  // a path below the models folder, a repository of the hub or an address
  Number temperature, top_p, min_p, typical_p, tfz;
  Integer top_k, max_tokens, seed, n;
  Number repeat_penalty, frequency_penalty, presence_penalty;
  Integer repeat_last_n;
  Flag echo, ignore_eos;
  Number rope_freq_base, rope_freq_scale;
  Text tokenizer;
};

// `template:`: a text, or the name of a .tmpl file in the models folder.
struct Templates {
  Text chat, chat_message, completion, edit, function;
  Text join_chat_messages_by_character, reply_prefix;
  Flag use_tokenizer_template;
};

struct ModelConfig {
  Text name, description, usage, backend;
  Parameters parameters;
  Integer context_size, threads;
  Flag f16, embeddings, mmap, mmlock;
  Text system_prompt, grammar;
  TextMap roles;
  TextList stopwords, cutstrings, extract_regex, trimspace, trimsuffix;
  Templates templates;
  Text draft_model;
  Integer n_draft;
  Text model_base_name, quantization;
  Text cache_type_k, cache_type_v;
  Text rope_scaling;
  Number yarn_ext_factor, yarn_attn_factor, yarn_beta_fast, yarn_beta_slow;

  std::string file;      // where it was read from, for messages
  TextList warnings;     // unknown keys, each with its line and the nearest known name
  TextList unused_keys;  // known keys that have no effect here
};

// A row of the table. `target` gives the member that a value is stored in; without one the key is known and has no use.
struct ConfigKey {
  using Target =
      std::variant<std::monostate, Text* (*)(ModelConfig&), Integer* (*)(ModelConfig&), Number* (*)(ModelConfig&),
                   Flag* (*)(ModelConfig&), TextList* (*)(ModelConfig&), TextMap* (*)(ModelConfig&)>;
  std::string_view path;      // "parameters.top_k"; nested keys after a dot
  std::string_view fallback;  // the default, in words
  std::string_view meaning;
  Target target;
  bool is_path = false;  // must stay below the models folder
};

std::span<const ConfigKey> model_config_keys();

// One mapping, or a list of mappings. Errors: invalid_argument with "FILE:LINE: …" for broken YAML, a duplicate key, a
// value of the wrong type, or a path that leaves the models folder.
Result<std::vector<ModelConfig>> parse_model_configs(std::string_view yaml, const std::string& file);
Result<std::vector<ModelConfig>> read_model_configs(const std::filesystem::path& file);

}  // namespace hearth::config
