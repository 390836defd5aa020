#include "formats/ggml_layouts.h"

#include <array>

namespace hearth::formats {
namespace {

constexpr GgmlField kLlama[] = {{"n_vocab"}, {"n_embd"}, {"n_mult"}, {"n_head"}, {"n_layer"}, {"n_rot"}, {"ftype"}};
// bloomz.cpp kept LLaMA's header at first and dropped n_rot later.
constexpr GgmlField kBloom[] = {{"n_vocab"}, {"n_embd"}, {"n_mult"}, {"n_head"}, {"n_layer"}, {"ftype"}};
constexpr GgmlField kNeox[] = {{"n_vocab"}, {"n_ctx"}, {"n_embd"},  {"n_head"},
                               {"n_layer"}, {"n_rot"}, {"par_res"}, {"ftype"}};
// Files of spring 2023, from before a sequential residual was known.
constexpr GgmlField kNeoxOld[] = {{"n_vocab"}, {"n_ctx"}, {"n_embd"}, {"n_head"}, {"n_layer"}, {"n_rot"}, {"ftype"}};
constexpr GgmlField kGptj[] = {{"n_vocab"}, {"n_ctx"}, {"n_embd"}, {"n_head"}, {"n_layer"}, {"n_rot"}, {"ftype"}};
constexpr GgmlField kGpt2[] = {{"n_vocab"}, {"n_ctx"}, {"n_embd"}, {"n_head"}, {"n_layer"}, {"ftype"}};
constexpr GgmlField kMpt[] = {{"d_model"}, {"max_seq_len"},          {"n_heads"},        {"n_layers"},
                              {"n_vocab"}, {"alibi_bias_max", true}, {"clip_qkv", true}, {"ftype"}};
constexpr GgmlField kReplit[] = {{"d_model"}, {"max_seq_len"}, {"n_heads"}, {"n_layers"}, {"n_vocab"}, {"ftype"}};
constexpr GgmlField kFalcon[] = {{"n_vocab"}, {"n_embd"},      {"n_head"}, {"n_head_kv"},
                                 {"n_layer"}, {"falcon_type"}, {"ftype"}};

constexpr GgmlField kGgcc[] = {{"n_vocab"}, {"n_embd"},      {"n_head"}, {"n_head_kv"},
                               {"n_layer"}, {"falcon_type"}, {"ftype"},  {"n_bpe_merges"}};

constexpr std::string_view kLlamaNames[] = {"tok_embeddings.", "norm.", "output", "layers."};
constexpr std::string_view kNeoxNames[] = {"gpt_neox.", "embed_out."};
constexpr std::string_view kTransformerNames[] = {"transformer.", "lm_head."};
constexpr std::string_view kGpt2Names[] = {"model/"};

constexpr std::string_view kLlamaMarker = "layers.0.attention.wq.weight";
constexpr std::string_view kBloomMarker = "layers.0.attention.query_key_value.weight";
constexpr std::string_view kNeoxMarker = "gpt_neox.layers.0.attention.query_key_value.weight";
constexpr std::string_view kMptMarker = "transformer.blocks.0.attn.Wqkv.weight";
constexpr std::string_view kFalconMarker = "transformer.h.0.self_attention.query_key_value.weight";

constexpr std::array kLayouts = {
    GgmlLayout{.architecture = "llama",
               .fields = kLlama,
               .containers = GgmlContainers::kGgmlToGgjt,
               .scores = GgmlScores::kIfVersioned,
               .prefixes = kLlamaNames,
               .marker = kLlamaMarker},
    GgmlLayout{.architecture = "bloom", .fields = kLlama, .prefixes = kLlamaNames, .marker = kBloomMarker},
    GgmlLayout{.architecture = "bloom", .fields = kBloom, .prefixes = kLlamaNames, .marker = kBloomMarker},
    GgmlLayout{.architecture = "gptneox", .fields = kNeox, .prefixes = kNeoxNames, .marker = kNeoxMarker},
    GgmlLayout{.architecture = "gptneox", .fields = kNeoxOld, .prefixes = kNeoxNames, .marker = kNeoxMarker},
    GgmlLayout{.architecture = "gptj",
               .fields = kGptj,
               .repeats_vocab_size = true,
               .prefixes = kTransformerNames,
               .marker = "transformer.h.0.attn.q_proj.weight"},
    GgmlLayout{.architecture = "gpt2",
               .fields = kGpt2,
               .repeats_vocab_size = true,
               .prefixes = kGpt2Names,
               .marker = "model/h0/attn/c_attn/w"},
    GgmlLayout{.architecture = "mpt",
               .fields = kMpt,
               .has_code_points = true,
               .prefixes = kTransformerNames,
               .marker = kMptMarker},
    GgmlLayout{.architecture = "replit",
               .fields = kReplit,
               .scores = GgmlScores::kAlways,
               .prefixes = kTransformerNames,
               .marker = kMptMarker},
    GgmlLayout{.architecture = "falcon",
               .fields = kFalcon,
               .containers = GgmlContainers::kGgmlToGgjt,
               .scores = GgmlScores::kIfVersioned,
               .prefixes = kTransformerNames,
               .marker = kFalconMarker},
    GgmlLayout{.architecture = "falcon",
               .fields = kGgcc,
               .containers = GgmlContainers::kGgcc,
               .scores = GgmlScores::kAlways,
               .has_merges = true,
               .prefixes = kTransformerNames,
               .marker = kFalconMarker},
};

}  // namespace

std::span<const GgmlLayout> ggml_layouts() {
  return kLayouts;
}

}  // namespace hearth::formats
