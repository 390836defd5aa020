#include "formats/rwkv_version.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth::formats {
namespace {

std::vector<TensorView> with(const std::vector<std::string>& names) {
  std::vector<TensorView> tensors;
  for (const std::string& name : names) {
    tensors.push_back({.name = name});
  }
  return tensors;
}

TEST(RwkvVersion, IsToldByTensors) {
  EXPECT_EQ(rwkv_version(with({"blocks.0.att.time_mix_k"})), "4");
  EXPECT_EQ(rwkv_version(with({"blocks.0.att.ln_x.weight"})), "5.1");
  EXPECT_EQ(rwkv_version(with({"blocks.0.att.ln_x.weight", "blocks.0.att.gate.weight"})), "5.2");
  EXPECT_EQ(rwkv_version(with({"blocks.0.att.ln_x.weight", "blocks.0.att.gate.weight", "blocks.0.att.time_maa_x"})),
            "6");
  EXPECT_EQ(rwkv_version(with({"blocks.0.att.ln_x.weight", "blocks.0.att.r_k"})), "7");
}

TEST(RwkvVersion, NeedsTheTensorsOfEveryRwkv) {
  EXPECT_TRUE(is_rwkv(with({"emb.weight", "blocks.0.att.receptance.weight"})));
  EXPECT_FALSE(is_rwkv(with({"emb.weight"})));
  EXPECT_FALSE(is_rwkv(with({"blocks.0.att.receptance.weight"})));
}

}  // namespace
}  // namespace hearth::formats
