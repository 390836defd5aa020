#include "formats/ggml_layouts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace hearth::formats {
namespace {

TEST(GgmlLayouts, HaveWhatTheReaderNeeds) {
  std::set<std::string_view> architectures;
  for (const GgmlLayout& layout : ggml_layouts()) {
    architectures.insert(layout.architecture);
    const auto has = [&](std::string_view name) {
      return std::ranges::find(layout.fields, name, &GgmlField::name) != layout.fields.end();
    };
    EXPECT_TRUE(has("n_vocab")) << layout.architecture;
    EXPECT_TRUE(has("ftype")) << layout.architecture;
    EXPECT_TRUE(has("n_embd") || has("d_model")) << layout.architecture;
    const auto starts = [&](std::string_view prefix) { return layout.marker.starts_with(prefix); };
    EXPECT_TRUE(std::ranges::any_of(layout.prefixes, starts)) << layout.marker;
  }
  EXPECT_EQ(architectures,
            (std::set<std::string_view>{"llama", "bloom", "gptneox", "gptj", "gpt2", "mpt", "replit", "falcon"}));
}

TEST(GgmlLayouts, WithTheSameHeaderDifferInTheirMarker) {
  for (const GgmlLayout& a : ggml_layouts()) {
    for (const GgmlLayout& b : ggml_layouts()) {
      if (&a != &b && a.fields.data() == b.fields.data()) {
        EXPECT_NE(a.marker, b.marker);
      }
    }
  }
}

}  // namespace
}  // namespace hearth::formats
