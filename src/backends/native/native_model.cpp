#include "backends/native/native_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "backends/native/backend_names.h"
#include "backends/native/fingerprint.h"
#include "backends/native/native_reply.h"
#include "backends/native/prompt.h"
#include "backends/native/sampling_defaults.h"
#include "base/log.h"
#include "engine/engine.h"
#include "formats/checkpoint.h"
#include "model/loader.h"
#include "text/chat_template.h"
#include "text/make_tokenizer_for.h"
#include "text/model_chat_template.h"
#include "text/template_for_control_tokens.h"
#include "text/tokenizer.h"

namespace hearth::backends {
namespace {

// Kept free for activations and what the process itself needs.
constexpr std::uint64_t kHeadroomBytes = std::uint64_t{64} << 20;

// 48 bits: exact in every client's numbers, JavaScript's included.
std::uint64_t draw_seed() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator() >> 16U;
}

struct Parts {
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::optional<text::ChatTemplate> chat_template;
  bool own_template = false;
  std::size_t max_token_bytes = 1;
  std::vector<TokenId> stop_ids;
  ModelSampling sampling;
  std::string fingerprint;
  std::unique_ptr<model::Model> model;
};

Result<model::KvType> kv_type_of(const std::string& name) {
  if (name == "f32") {
    return model::KvType::kF32;
  }
  if (name == "f16") {
    return model::KvType::kF16;
  }
  if (name == "q8_0") {
    return model::KvType::kQ8_0;
  }
  return fail(ErrorCode::kUnsupported, fmt::format("unknown KV cache type '{}': f32, f16 or q8_0", name));
}

class NativeModel final : public LoadedModel {
 public:
  NativeModel(const ModelSource& source, Parts parts, std::shared_ptr<engine::EngineThread> thread,
              base::TaskPool& pool)
      : config_(source.config), parts_(std::move(parts)), thread_(std::move(thread)), pool_(pool) {}

  ~NativeModel() override {
    if (engine_) {
      thread_->remove(engine_.get());
    }
  }

  Status start_engine(engine::EngineOptions options) {
    options.pool = &thread_->pool();
    HEARTH_TRY(engine_, engine::Engine::create(*parts_.model, options));
    thread_->add(engine_);
    return {};
  }

  std::shared_ptr<Reply> answer(const Request& request, ReplyStart start, std::shared_ptr<ReplySink> sink) override {
    auto reply = std::make_shared<NativeReply>(
        ReplyContext{
            .keep_alive = shared_from_this(), .engine = *engine_, .tokenizer = *parts_.tokenizer, .pool = pool_},
        sink);
    const engine::SamplingParams sampling =
        resolve_sampling(request.sampling, config_.parameters, parts_.sampling, draw_seed());
    RequestResult<std::vector<PlannedChoice>> choices = plan(request, sampling);
    if (!choices) {
      sink->on_error(std::move(choices).error());
      return reply;
    }
    start.fingerprint = parts_.fingerprint;
    start.seed = sampling.seed;
    reply->start(start, *std::move(choices));
    return reply;
  }

  Result<std::vector<TokenId>> tokenize(const std::string& text, bool add_special) const override {
    return parts_.tokenizer->encode(text, {.add_special = add_special, .parse_special = true});
  }
  std::string detokenize(const std::vector<TokenId>& tokens) const override {
    return parts_.tokenizer->decode(tokens, true);
  }

  std::int64_t context_size() const override { return parts_.model->context_size(); }
  std::uint64_t memory_bytes() const override { return static_cast<std::uint64_t>(parts_.model->weight_bytes()); }
  ModelStats stats() const override {
    const engine::EngineStats stats = engine_->stats();
    return {.n_running = stats.n_running,
            .n_waiting = stats.n_waiting,
            .n_kv_blocks = stats.n_blocks,
            .n_free_kv_blocks = stats.n_free_blocks,
            .n_cached_kv_blocks = stats.n_cached_blocks,
            .n_preemptions = stats.n_preemptions,
            .n_prompt_tokens = stats.n_prompt_tokens,
            .n_cached_tokens = stats.n_cached_tokens,
            .n_generated_tokens = stats.n_generated_tokens};
  }

 private:
  RequestResult<PreparedPrompt> prepare(const Request& request, const PromptInput& input) const {
    RequestResult<PreparedPrompt> prompt = prepare_prompt({.tokenizer = *parts_.tokenizer,
                                                           .chat_template = *parts_.chat_template,
                                                           .context_size = context_size(),
                                                           .max_token_bytes = parts_.max_token_bytes,
                                                           .own_template = parts_.own_template},
                                                          input);
    if (!prompt) {
      return prompt;
    }
    const auto n_tokens = static_cast<std::int64_t>(prompt->tokens.size());
    const std::int64_t needed = n_tokens + (request.max_tokens == 0 ? 0 : 1);
    if (needed > context_size()) {
      return prompt_too_long(context_size(), fmt::format("{}", n_tokens), prompt->param);
    }
    return prompt;
  }

  RequestResult<std::vector<PlannedChoice>> plan(const Request& request, const engine::SamplingParams& sampling) const {
    for (const auto& [token, bias] : request.sampling.logit_bias) {
      if (token >= parts_.tokenizer->n_tokens()) {
        return std::unexpected(
            RequestError{Reason::kInvalid,
                         fmt::format("Invalid key in 'logit_bias': {} is not in the vocabulary of {} "
                                     "tokens.",
                                     token, parts_.tokenizer->n_tokens()),
                         "logit_bias"});
      }
    }
    std::vector<std::string> stop = request.stop;
    stop.insert(stop.end(), config_.stopwords.begin(), config_.stopwords.end());
    if (stop.empty()) {
      stop = default_stop_texts(config_.backend.value_or(""));
    }
    std::optional<std::int64_t> max_tokens = request.max_tokens;
    if (!max_tokens && config_.parameters.max_tokens.value_or(0) > 0) {
      max_tokens = config_.parameters.max_tokens;
    }
    std::vector<PlannedChoice> choices;
    for (const PromptInput& input : request.prompts) {
      RequestResult<PreparedPrompt> prompt = prepare(request, input);
      if (!prompt) {
        return std::unexpected(std::move(prompt).error());
      }
      for (std::int64_t i = 0; i < request.n; ++i) {
        PlannedChoice choice;
        choice.counts_prompt = i == 0;
        choice.text.choice = static_cast<std::int64_t>(choices.size());
        choice.text.stop = stop;
        choice.text.logprobs = request.top_logprobs.has_value();
        choice.text.max_tokens = max_tokens.value_or(-1);
        choice.text.echo = request.echo ? prompt->text : "";
        const bool echo_logprobs = request.echo && request.top_logprobs;
        choice.text.n_echo_tokens = echo_logprobs ? static_cast<std::int64_t>(prompt->tokens.size()) : 0;
        choice.sequence.prompt = prompt->tokens;
        choice.sequence.sampling = sampling;
        choice.sequence.max_new_tokens = max_tokens.value_or(context_size());
        choice.sequence.stop_ids = parts_.stop_ids;
        choice.sequence.choice_index = static_cast<std::int32_t>(i);
        choice.sequence.n_top_logprobs = static_cast<std::int32_t>(request.top_logprobs.value_or(-1));
        choice.sequence.prompt_logprobs = echo_logprobs;
        choice.sequence.cache_salt = request.cache_salt;
        choices.push_back(std::move(choice));
      }
    }
    return choices;
  }

  config::ModelConfig config_;
  Parts parts_;
  std::shared_ptr<engine::EngineThread> thread_;
  base::TaskPool& pool_;
  std::shared_ptr<engine::Engine> engine_;  // before parts_.model goes
};

// The file's own template when there is one that compiles, else what its control tokens suggest.
Status choose_template(const ModelSource& source, const formats::Checkpoint& checkpoint, Parts& parts) {
  const text::SpecialTokens& special = parts.tokenizer->special();
  const auto piece = [&](std::optional<TokenId> id) { return id ? parts.tokenizer->piece(*id) : std::string(); };
  const text::ChatTemplateTokens tokens{piece(special.bos), piece(special.eos)};
  HEARTH_TRY(const std::optional<text::ModelChatTemplate> own, text::find_chat_template(checkpoint));
  if (own) {
    Result<text::ChatTemplate> compiled = text::ChatTemplate::compile(own->source, tokens);
    if (compiled) {
      parts.chat_template = *std::move(compiled);
      parts.own_template = true;
      return {};
    }
    base::log_warning("model {}: the chat template of {} does not compile: {}", source.name, own->origin,
                      compiled.error().message);
  }
  base::log_warning("model {}: no chat template; chats use the one that its control tokens suggest", source.name);
  HEARTH_TRY(parts.chat_template, text::ChatTemplate::compile(text::fallback_chat_template(*parts.tokenizer), tokens));
  return {};
}

Result<Parts> load_parts(const ModelSource& source, const NativeOptions& options, engine::EngineThread& thread) {
  HEARTH_TRY(formats::Checkpoint checkpoint, formats::open_checkpoint(source.file));
  HEARTH_TRY_VOID(
      check_backend(checkpoint, source.config.backend.value_or(""), source.config.quantization.value_or("")));
  Parts parts;
  HEARTH_TRY(text::ModelTokenizer tokenizer, text::make_tokenizer_for(checkpoint, source.tokenizer));
  parts.tokenizer = std::move(tokenizer.tokenizer);
  HEARTH_TRY_VOID(choose_template(source, checkpoint, parts));
  parts.max_token_bytes = longest_token_bytes(*parts.tokenizer);
  parts.sampling = read_model_sampling(checkpoint.metadata);
  if (is_localai_backend(source.config.backend.value_or(""))) {
    add_localai_defaults(parts.sampling);
  }
  const std::string weights = weights_identity(checkpoint);
  model::LoadOptions load;
  load.context_size = source.config.context_size.value_or(options.context_size.value_or(0));
  load.lock_memory = source.config.mmlock.value_or(false);
  HEARTH_TRY(parts.model, model::load_model(std::move(checkpoint), load, thread.pool(), options.isa));
  // A vocabulary may have more tokens than the model has logits for.
  std::ranges::copy_if(parts.tokenizer->special().end_of_generation, std::back_inserter(parts.stop_ids),
                       [&](TokenId id) { return id < parts.model->n_vocab(); });
  parts.fingerprint = system_fingerprint({.weights = weights,
                                          .isa = cpu::to_string(options.isa),
                                          .tokenizer = tokenizer.identity,
                                          .chat_template = parts.chat_template->source(),
                                          .config = options.kv_cache_type});
  return parts;
}

}  // namespace

Result<std::shared_ptr<LoadedModel>> load_native_model(const ModelSource& source, std::uint64_t memory_bytes,
                                                       const NativeOptions& options,
                                                       std::shared_ptr<engine::EngineThread> thread,
                                                       base::TaskPool& pool) {
  NativeOptions chosen = options;
  chosen.kv_cache_type = source.config.cache_type_k.value_or(options.kv_cache_type);
  HEARTH_TRY(const model::KvType kv_type, kv_type_of(chosen.kv_cache_type));
  HEARTH_TRY(Parts parts, load_parts(source, chosen, *thread));
  const auto weight_bytes = static_cast<std::uint64_t>(parts.model->weight_bytes());
  const std::uint64_t taken = weight_bytes + kHeadroomBytes;
  engine::EngineOptions engine_options;
  engine_options.context_size = parts.model->context_size();
  engine_options.kv_cache_bytes = static_cast<std::int64_t>(
      options.kv_cache_bytes != 0 ? options.kv_cache_bytes : memory_bytes - std::min(memory_bytes, taken));
  engine_options.kv_type = kv_type;
  engine_options.max_shared_positions = parts.model->max_shared_positions();
  engine_options.max_queued = static_cast<std::int32_t>(options.max_queued);
  engine_options.cache_identity = parts.fingerprint;
  auto loaded = std::make_shared<NativeModel>(source, std::move(parts), std::move(thread), pool);
  HEARTH_TRY_VOID(loaded->start_engine(engine_options));
  return loaded;
}

}  // namespace hearth::backends
