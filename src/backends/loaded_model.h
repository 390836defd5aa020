// LoadedModel: a model that can answer, whatever runs it; and ModelSource, what it is loaded from.
//
// native/ implements it over the engine. model_registry holds the loaded ones and hands them out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backends/reply.h"
#include "backends/request.h"
#include "base/result.h"
#include "config/model_config.h"

namespace hearth::backends {

// An installed model: what the gallery's store lists, with its YAML.
struct ModelSource {
  std::string name;
  std::filesystem::path file;  // the weights or, with is_folder, the model's folder
  bool is_folder = false;
  std::filesystem::path tokenizer;  // the file or folder that the YAML names; empty: the model's own
  config::ModelConfig config;
  std::uint64_t size_bytes = 0;
  std::int64_t modified = 0;  // seconds since 1970, of the weights and the YAML, the later one; a change means reload
};

struct ModelStats {
  std::string name;
  std::int64_t n_running = 0;
  std::int64_t n_waiting = 0;
  std::int64_t n_kv_blocks = 0;
  std::int64_t n_free_kv_blocks = 0;
  std::int64_t n_cached_kv_blocks = 0;
  std::int64_t n_preemptions = 0;
  std::int64_t n_prompt_tokens = 0;
  std::int64_t n_cached_tokens = 0;
  std::int64_t n_generated_tokens = 0;
};

class LoadedModel : public std::enable_shared_from_this<LoadedModel> {
 public:
  virtual ~LoadedModel() = default;

  // Renders and tokenises on the calling thread, then answers through the sink; an error comes through it too, before
  // this returns. `start` is passed on to the sink, with fingerprint and seed filled in.
  virtual std::shared_ptr<Reply> answer(const Request& request, ReplyStart start, std::shared_ptr<ReplySink> sink) = 0;

  virtual Result<std::vector<TokenId>> tokenize(const std::string& text, bool add_special) const = 0;
  virtual std::string detokenize(const std::vector<TokenId>& tokens) const = 0;

  virtual std::int64_t context_size() const = 0;
  virtual std::uint64_t memory_bytes() const = 0;
  virtual ModelStats stats() const = 0;
};

}  // namespace hearth::backends
