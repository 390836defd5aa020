#include "model/rwkv_names.h"

#include <gtest/gtest.h>

namespace hearth::model {
namespace {

TEST(RwkvNames, GgufHasNamesOfItsOwn) {
  const RwkvNames& own = rwkv_names(formats::Convention::kRwkv, RwkvTimeMix::kV7);
  const RwkvNames& gguf = rwkv_names(formats::Convention::kGguf, RwkvTimeMix::kV7);
  EXPECT_EQ(own.decay_lora.bias, "blocks.{layer}.att.w0");
  EXPECT_EQ(gguf.decay_lora.bias, "blk.{layer}.time_mix_w0.weight");
  EXPECT_EQ(own.time_norm, "blocks.{layer}.ln1");
  EXPECT_EQ(gguf.time_norm, "blk.{layer}.attn_norm");
}

TEST(RwkvNames, TheFirstKeyIsALogarithmOnlyInVersion5) {
  const auto own = [](RwkvTimeMix time_mix) { return rwkv_names(formats::Convention::kRwkv, time_mix); };
  EXPECT_EQ(own(RwkvTimeMix::kV4).first, "blocks.{layer}.att.time_first");
  EXPECT_TRUE(own(RwkvTimeMix::kV4).exp_first.empty());
  EXPECT_EQ(own(RwkvTimeMix::kV5).exp_first, "blocks.{layer}.att.time_first");
  EXPECT_TRUE(own(RwkvTimeMix::kV6).exp_first.empty());
}

TEST(RwkvNames, LettersOfFusedTensors) {
  RwkvSpec spec;
  EXPECT_EQ(rwkv_shift_letters(spec), "rkv");
  spec.time_mix = RwkvTimeMix::kV5;
  spec.has_gate = true;
  EXPECT_EQ(rwkv_shift_letters(spec), "rkvg");
  spec.time_mix = RwkvTimeMix::kV6;
  EXPECT_EQ(rwkv_shift_letters(spec), "wkvrg");
  spec.time_mix = RwkvTimeMix::kV7;
  EXPECT_EQ(rwkv_shift_letters(spec), "rwkvag");
}

}  // namespace
}  // namespace hearth::model
