#include "backends/native/sampling_defaults.h"

#include <gtest/gtest.h>

#include <limits>

namespace hearth::backends {
namespace {

TEST(SamplingDefaults, RequestWinsOverYamlOverModelOverOpenAi) {
  SamplingChoice request;
  config::Parameters yaml;
  ModelSampling model;
  EXPECT_EQ(resolve_sampling(request, yaml, model, 5).temperature, 1.0F);
  model.temperature = 0.25;
  EXPECT_EQ(resolve_sampling(request, yaml, model, 5).temperature, 0.25F);
  yaml.temperature = 0.5;
  EXPECT_EQ(resolve_sampling(request, yaml, model, 5).temperature, 0.5F);
  request.temperature = 0.0;
  EXPECT_EQ(resolve_sampling(request, yaml, model, 5).temperature, 0.0F) << "an explicit zero is a value";
}

TEST(SamplingDefaults, GenerationConfigWinsOverGgufKeys) {
  formats::Metadata metadata;
  metadata.set("general.sampling.temp", {0.5});
  metadata.set("general.sampling.top_k", {std::int64_t{10}});
  metadata.set("generation_config.temperature", {0.25});
  metadata.set("generation_config.top_p", {std::int64_t{1}});
  metadata.set("generation_config.repetition_penalty", {1.125});
  const ModelSampling sampling = read_model_sampling(metadata);
  EXPECT_EQ(sampling.temperature, 0.25);
  EXPECT_EQ(sampling.top_p, 1.0);
  EXPECT_EQ(sampling.top_k, 10);
  EXPECT_EQ(sampling.repeat_penalty, 1.125);
  EXPECT_EQ(sampling.min_p, std::nullopt);
}

TEST(SamplingDefaults, LocalAisDefaultsFillWhatTheModelLeavesOpen) {
  ModelSampling sampling;
  sampling.top_k = 7;
  add_localai_defaults(sampling);
  EXPECT_EQ(sampling.temperature, 0.9);
  EXPECT_EQ(sampling.top_p, 0.95);
  EXPECT_EQ(sampling.top_k, 7);
}

TEST(SamplingDefaults, NonsenseOfAFileIsNoWish) {
  formats::Metadata metadata;
  metadata.set("generation_config.temperature", {-1.0});
  metadata.set("generation_config.top_p", {1.5});
  metadata.set("generation_config.min_p", {std::numeric_limits<double>::quiet_NaN()});
  metadata.set("generation_config.top_k", {std::string("forty")});
  const ModelSampling sampling = read_model_sampling(metadata);
  EXPECT_FALSE(sampling.temperature || sampling.top_p || sampling.min_p || sampling.top_k);
}

TEST(SamplingDefaults, WithoutAnyWordNothingChangesTheDistribution) {
  const engine::SamplingParams params = resolve_sampling({}, {}, {}, 5);
  EXPECT_EQ(params.top_p, 1.0F);
  EXPECT_EQ(params.top_k, 0);
  EXPECT_EQ(params.min_p, 0.0F);
  EXPECT_EQ(params.repeat_penalty, 1.0F);
  EXPECT_EQ(params.presence_penalty, 0.0F);
  EXPECT_EQ(params.frequency_penalty, 0.0F);
  EXPECT_FALSE(params.ignore_eos);
}

TEST(SamplingDefaults, SeedOfMinusOneMeansRandom) {
  SamplingChoice request;
  EXPECT_EQ(resolve_sampling(request, {}, {}, 5).seed, 5U);
  request.seed = -1;
  EXPECT_EQ(resolve_sampling(request, {}, {}, 5).seed, 5U);
  request.seed = 0;
  EXPECT_EQ(resolve_sampling(request, {}, {}, 5).seed, 0U);
  config::Parameters yaml;
  yaml.seed = 9;
  EXPECT_EQ(resolve_sampling({}, yaml, {}, 5).seed, 9U);
}

TEST(SamplingDefaults, ARepeatPenaltyOfZeroIsLeftOut) {
  config::Parameters yaml;
  yaml.repeat_penalty = 0;
  EXPECT_EQ(resolve_sampling({}, yaml, {}, 5).repeat_penalty, 1.0F);
}

TEST(SamplingDefaults, HugeNumbersAreClamped) {
  SamplingChoice request;
  request.top_k = INT64_MAX;
  EXPECT_EQ(resolve_sampling(request, {}, {}, 5).top_k, INT32_MAX);
}

TEST(SamplingDefaults, ReadsWhatAFileRecommends) {
  formats::Metadata metadata;
  metadata.set("general.sampling.temp", {0.6});
  metadata.set("general.sampling.top_k", {std::int64_t{20}});
  const ModelSampling sampling = read_model_sampling(metadata);
  EXPECT_EQ(sampling.temperature, 0.6);
  EXPECT_EQ(sampling.top_k, 20);
  EXPECT_FALSE(sampling.top_p);
}

}  // namespace
}  // namespace hearth::backends
