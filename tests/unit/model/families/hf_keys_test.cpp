#include "model/families/hf_keys.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/hf_config.h"

namespace hearth::model {
namespace {

constexpr std::string_view kLlama = R"("hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 128, "max_position_embeddings": 256, "rms_norm_eps": 1e-5)";

// A config.json with the keys of kLlama and `more`, which win.
formats::Metadata config(const std::string& more = "") {
  formats::Metadata metadata;
  for (const std::string& members : {std::string(kLlama), more}) {
    EXPECT_TRUE(formats::flatten_json(base::parse_json("{" + members + "}").value(), "", metadata));
  }
  return metadata;
}

Result<ArchSpec> read(const std::string& more, const HfClass& names = {}) {
  const formats::Metadata metadata = config(more);
  return HfKeys(metadata).read_common(names);
}

RopeSpec rope_of(const std::string& more) {
  const auto spec = read(more);
  EXPECT_TRUE(spec) << spec.error().message;
  return spec->ropes.at(0);
}

void expect_error(const Result<ArchSpec>& spec, ErrorCode code, const std::vector<std::string>& parts) {
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, code);
  for (const std::string& part : parts) {
    EXPECT_NE(spec.error().message.find(part), std::string::npos) << spec.error().message;
  }
}

TEST(HfKeysTest, DimensionsNormAndDefaults) {
  const ArchSpec spec = read("").value();
  EXPECT_EQ(spec.hidden_dim, 64);
  EXPECT_EQ(spec.n_layers, 4);
  EXPECT_EQ(spec.n_heads, 4);
  EXPECT_EQ(spec.n_kv_heads, 2);
  EXPECT_EQ(spec.head_dim, 16);
  EXPECT_EQ(spec.ffn_dim, 128);
  EXPECT_EQ(spec.trained_context, 256);
  EXPECT_FLOAT_EQ(spec.norm_eps, 1e-5F);
  EXPECT_FLOAT_EQ(spec.attention_scale, 0.25F);
  EXPECT_EQ(spec.activation, Activation::kSilu);
  ASSERT_EQ(spec.ropes.size(), 1U);
  EXPECT_EQ(spec.ropes[0].base, 10000.0);
  EXPECT_EQ(spec.ropes[0].n_rotated, 16);
  EXPECT_EQ(spec.ropes[0].scaling, RopeScaling::kNone);
  ASSERT_EQ(spec.layers.size(), 4U);
  EXPECT_EQ(spec.layers[0].window, 0);
}

TEST(HfKeysTest, HeadSizeMayDifferFromWidth) {
  EXPECT_EQ(read(R"("head_dim": 32)").value().head_dim, 32);
  EXPECT_EQ(read("", {.default_head_dim = 24}).value().head_dim, 24);
}

TEST(HfKeysTest, ClassesNameKeysDifferently) {
  const HfClass names = {.hidden_dim = "n_embd", .ffn_dim = "n_inner", .default_kv_heads = 1, .default_ffn_dim = 4};
  formats::Metadata metadata;
  const std::string text = R"({"n_embd": 32, "num_hidden_layers": 1, "num_attention_heads": 2})";
  ASSERT_TRUE(formats::flatten_json(base::parse_json(text).value(), "", metadata));
  const ArchSpec spec = HfKeys(metadata).read_common(names).value();
  EXPECT_EQ(spec.hidden_dim, 32);
  EXPECT_EQ(spec.ffn_dim, 128);
  EXPECT_EQ(spec.n_kv_heads, 1);
  EXPECT_EQ(spec.trained_context, 2048);
  // The names of Llama are understood beside those of the class.
  EXPECT_EQ(read("", names).value().hidden_dim, 64);
}

TEST(HfKeysTest, BadValuesNameKeyExpectedAndFound) {
  expect_error(read(R"("hidden_size": 0)"), ErrorCode::kCorruptFile, {"hidden_size", "1 to", "found 0"});
  expect_error(read(R"("num_hidden_layers": -2)"), ErrorCode::kCorruptFile, {"num_hidden_layers", "found -2"});
  expect_error(read(R"("intermediate_size": 99999999999)"), ErrorCode::kCorruptFile, {"intermediate_size"});
  expect_error(read(R"("num_attention_heads": "four")"), ErrorCode::kCorruptFile,
               {"num_attention_heads", "an integer"});
  expect_error(read(R"("num_key_value_heads": 3)"), ErrorCode::kCorruptFile, {"num_attention_heads", "3 key/value"});
  expect_error(read(R"("num_attention_heads": 128, "num_key_value_heads": 128)"), ErrorCode::kCorruptFile,
               {"of size 0"});
  expect_error(read(R"("rms_norm_eps": -1.0)"), ErrorCode::kCorruptFile, {"rms_norm_eps", "positive", "-1"});
  expect_error(read(R"("rms_norm_eps": "x")"), ErrorCode::kCorruptFile, {"rms_norm_eps", "positive"});
  const auto missing = HfKeys(formats::Metadata{}).read_common({});
  expect_error(missing, ErrorCode::kCorruptFile, {"num_hidden_layers", "missing"});
}

TEST(HfKeysTest, Activations) {
  EXPECT_EQ(read(R"("hidden_act": "gelu")").value().activation, Activation::kGeluErf);
  EXPECT_EQ(read(R"("hidden_act": "gelu_new")").value().activation, Activation::kGeluTanh);
  EXPECT_EQ(read(R"("hidden_act": "gelu_pytorch_tanh")").value().activation, Activation::kGeluTanh);
  EXPECT_EQ(read(R"("hidden_act": "relu")").value().activation, Activation::kRelu);
  expect_error(read(R"("hidden_act": "quick_gelu")"), ErrorCode::kUnsupported, {"hidden_act", "quick_gelu"});
  expect_error(read(R"("hidden_act": 3)"), ErrorCode::kCorruptFile, {"hidden_act", "a text"});
}

TEST(HfKeysTest, FlagsAreBooleans) {
  const formats::Metadata metadata = config(R"("a": true, "b": "yes")");
  const HfKeys keys(metadata);
  EXPECT_TRUE(keys.flag("a", false).value());
  EXPECT_TRUE(keys.flag("absent", true).value());
  EXPECT_EQ(keys.flag("b", true).error().code, ErrorCode::kCorruptFile);
  EXPECT_TRUE(keys.expect_flag("a", true));
  EXPECT_TRUE(keys.expect_flag("absent", false));
  const Status refused = keys.expect_flag("a", false);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("a: only false"), std::string::npos) << refused.error().message;
}

TEST(HfKeysTest, PartOfAHeadRotates) {
  EXPECT_EQ(rope_of(R"("partial_rotary_factor": 0.5)").n_rotated, 8);
  EXPECT_EQ(rope_of(R"("rotary_pct": 0.25)").n_rotated, 4);
  EXPECT_EQ(rope_of(R"("rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.75})").n_rotated, 12);
  EXPECT_EQ(read("", {.default_rotary_factor = 0.5}).value().ropes[0].n_rotated, 8);
  expect_error(read(R"("partial_rotary_factor": 0.2)"), ErrorCode::kCorruptFile, {"partial_rotary_factor", "0.2"});
  expect_error(read(R"("rotary_pct": 1.5)"), ErrorCode::kCorruptFile, {"rotary_pct", "1.5"});
}

TEST(HfKeysTest, RopeBaseInEverySpelling) {
  EXPECT_EQ(rope_of(R"("rope_theta": 500000)").base, 500000.0);
  EXPECT_EQ(rope_of(R"("rotary_emb_base": 20000)").base, 20000.0);
  EXPECT_EQ(rope_of(R"("rope_parameters": {"rope_theta": 1e6, "rope_type": "default"})").base, 1e6);
  EXPECT_EQ(read("", {.default_rope_base = 2e6}).value().ropes[0].base, 2e6);
  expect_error(read(R"("rope_theta": 0)"), ErrorCode::kCorruptFile, {"rope_theta"});
}

TEST(HfKeysTest, LinearAndDynamicInOldAndNewSpelling) {
  for (const std::string text :
       {R"("rope_scaling": {"type": "linear", "factor": 4.0})",
        R"("rope_scaling": {"rope_type": "linear", "factor": 4})",
        R"("rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0})"}) {
    EXPECT_EQ(rope_of(text).scaling, RopeScaling::kLinear) << text;
    EXPECT_EQ(rope_of(text).factor, 4.0) << text;
    EXPECT_EQ(read(text).value().trained_context, 1024) << text;
    EXPECT_EQ(read(text, {.stretched_context = true}).value().trained_context, 256) << text;
  }
  const std::string dynamic = R"("rope_scaling": {"type": "dynamic", "factor": 2.0})";
  EXPECT_EQ(rope_of(dynamic).scaling, RopeScaling::kDynamic);
  EXPECT_EQ(rope_of(dynamic).original_context, 256);
  EXPECT_EQ(read(dynamic).value().trained_context, 512);
}

TEST(HfKeysTest, YarnHasItsMagnitude) {
  const std::string text = R"("rope_scaling": {"rope_type": "yarn", "factor": 4.0,
      "original_max_position_embeddings": 64, "beta_fast": 16)";
  const RopeSpec rope = rope_of(text + "}");
  EXPECT_EQ(rope.scaling, RopeScaling::kYarn);
  EXPECT_EQ(rope.original_context, 64);
  EXPECT_EQ(rope.beta_fast, 16.0);
  EXPECT_EQ(rope.beta_slow, 1.0);
  EXPECT_NEAR(rope.attention_factor, 0.1 * std::log(4.0) + 1.0, 1e-12);
  EXPECT_EQ(read(text + "}").value().trained_context, 256);
  EXPECT_EQ(rope_of(text + R"(, "attention_factor": 1.5})").attention_factor, 1.5);
  EXPECT_NEAR(rope_of(text + R"(, "mscale": 0.707, "mscale_all_dim": 0.707})").attention_factor, 1.0, 1e-12);
  // Without an original context the file's is the one before stretching.
  const std::string short_form = R"("rope_scaling": {"type": "yarn", "factor": 4.0})";
  EXPECT_EQ(rope_of(short_form).original_context, 256);
  EXPECT_EQ(read(short_form).value().trained_context, 1024);
}

TEST(HfKeysTest, LongropeHasTwoSetsOfDivisors) {
  const std::string sets = R"("short_factor": [1, 1, 1, 1, 1, 1, 1, 2], "long_factor": [1.5, 2, 3, 4, 5, 6, 7, 8])";
  for (const std::string name : {R"("type": "longrope")", R"("type": "su")", R"("rope_type": "yarn")"}) {
    const RopeSpec rope =
        rope_of(R"("original_max_position_embeddings": 16, "rope_scaling": {)" + name + ", " + sets + "}");
    EXPECT_EQ(rope.scaling, RopeScaling::kLongrope);
    EXPECT_TRUE(rope.chosen_by_length);
    EXPECT_EQ(rope.original_context, 16);
    EXPECT_EQ(rope.short_divisors.at(7), 2.0F);
    EXPECT_EQ(rope.long_divisors.at(0), 1.5F);
    EXPECT_NEAR(rope.attention_factor, std::sqrt(1.0 + std::log(16.0) / std::log(16.0)), 1e-12);
  }
  expect_error(read(R"("rope_scaling": {"type": "longrope", "short_factor": [1], "long_factor": [1]})"),
               ErrorCode::kCorruptFile, {"rope_scaling.short_factor", "expected 8", "found 1"});
  expect_error(read(R"("rope_scaling": {"type": "longrope", "short_factor": [1,1,1,1,1,1,1,0], "long_factor": [1]})"),
               ErrorCode::kCorruptFile, {"rope_scaling.short_factor", "positive"});
}

TEST(HfKeysTest, Llama3HasTheBoundsOfItsBlend) {
  const RopeSpec rope = rope_of(R"("rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
      "high_freq_factor": 3.0, "original_max_position_embeddings": 32})");
  EXPECT_EQ(rope.scaling, RopeScaling::kLlama3);
  EXPECT_EQ(rope.factor, 8.0);
  EXPECT_EQ(rope.original_context, 32);
  EXPECT_EQ(rope.low_freq_factor, 1.0);
  EXPECT_EQ(rope.high_freq_factor, 3.0);
  expect_error(
      read(R"("rope_scaling": {"type": "llama3", "factor": 8.0, "low_freq_factor": 4, "high_freq_factor": 4})"),
      ErrorCode::kCorruptFile, {"rope_scaling.high_freq_factor"});
}

TEST(HfKeysTest, UnknownRopeScalingIsUnsupported) {
  expect_error(read(R"("rope_scaling": {"type": "spiral", "factor": 2.0})"), ErrorCode::kUnsupported,
               {"rope_scaling", "spiral"});
  EXPECT_EQ(rope_of(R"("rope_scaling": {"type": "default"})").scaling, RopeScaling::kNone);
  EXPECT_EQ(rope_of(R"("rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]})").scaling, RopeScaling::kNone);
}

TEST(HfKeysTest, RopeSectionsByTypeOfLayers) {
  const formats::Metadata metadata = config(R"("rope_parameters": {
      "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
      "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}})");
  const HfKeys keys(metadata);
  EXPECT_EQ(keys.rope_section("full_attention"), "rope_parameters.full_attention");
  EXPECT_EQ(keys.rope_section(), "rope_scaling");
  const ArchSpec spec = keys.read_common({}).value();
  const RopeSpec rope = keys.read_rope(spec, keys.rope_section("full_attention"), {}).value();
  EXPECT_EQ(rope.scaling, RopeScaling::kLinear);
  EXPECT_EQ(rope.base, 1000000.0);
}

TEST(HfKeysTest, WindowsByListOfLayerTypes) {
  const formats::Metadata metadata = config(R"("sliding_window": 8, "layer_types":
      ["sliding_attention", "full_attention", "sliding_attention", "full_attention"])");
  const HfKeys keys(metadata);
  ArchSpec spec = keys.read_common({}).value();
  EXPECT_TRUE(keys.read_layer_types(spec, keys.window().value()).value());
  EXPECT_EQ(spec.layers[0].window, 8);
  EXPECT_EQ(spec.layers[1].window, 0);
  spec.layers.resize(3);
  EXPECT_EQ(keys.read_layer_types(spec, 8).error().code, ErrorCode::kCorruptFile);
  const formats::Metadata linear = config(R"("layer_types": ["linear_attention"])");
  spec.layers.resize(1);
  EXPECT_EQ(HfKeys(linear).read_layer_types(spec, 8).error().code, ErrorCode::kUnsupported);
}

TEST(HfKeysTest, UpperLayersHaveTheWindowWhenItIsUsed) {
  for (const bool is_used : {false, true}) {
    const formats::Metadata metadata = config(R"("sliding_window": 8, "max_window_layers": 3, "use_sliding_window": )" +
                                              std::string(is_used ? "true" : "false"));
    const HfKeys keys(metadata);
    ArchSpec spec = keys.read_common({}).value();
    ASSERT_TRUE(keys.read_upper_windows(spec));
    EXPECT_EQ(spec.layers[2].window, 0);
    EXPECT_EQ(spec.layers[3].window, is_used ? 8 : 0);
  }
}

TEST(HfKeysTest, ExpertsAndLayersWithoutThem) {
  const HfExperts names = {.n_experts = "num_experts", .ffn_dim = "moe_intermediate_size"};
  const formats::Metadata metadata = config(R"("num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
      "decoder_sparse_step": 2, "mlp_only_layers": [3])");
  const HfKeys keys(metadata);
  ArchSpec spec = keys.read_common({}).value();
  ASSERT_TRUE(keys.read_experts(spec, names));
  EXPECT_EQ(spec.experts.n_experts, 4);
  EXPECT_EQ(spec.experts.n_used, 2);
  EXPECT_EQ(spec.ffn_dim, 32);
  EXPECT_EQ(spec.layers[0].dense_ffn_dim, 128);
  EXPECT_EQ(spec.layers[1].dense_ffn_dim, 0);
  EXPECT_EQ(spec.layers[3].dense_ffn_dim, 128);
  const formats::Metadata greedy = config(R"("num_experts": 4, "num_experts_per_tok": 5, "moe_intermediate_size": 32)");
  const Status refused = HfKeys(greedy).read_experts(spec, names);
  EXPECT_NE(refused.error().message.find("num_experts_per_tok"), std::string::npos);
}

}  // namespace
}  // namespace hearth::model
