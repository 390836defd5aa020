#include "app/open_model.h"

#include <gtest/gtest.h>

#include "app/captured_output.h"

namespace hearth::app {
namespace {

TEST(LocateModel, AnExistingFileIsItself) {
  EXPECT_EQ(*locate_model({.model = golden_model("gguf-qwen2")}), golden_model("gguf-qwen2"));
}

TEST(LocateModel, AGalleryNameThatIsNotThereSaysHowToGetIt) {
  const auto path =
      locate_model({.model = "smollm2-135m-instruct", .models_path = testing::TempDir() + "no-such-models-folder"});
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("hearth pull smollm2-135m-instruct"), std::string::npos) << path.error().message;
}

TEST(LocateModel, AnUnknownNameIsNotFound) {
  const auto path = locate_model({.model = "nothing", .models_path = testing::TempDir() + "no-such-models-folder"});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kNotFound);
}

TEST(LoadForCommand, LoadsInBothPrecisions) {
  for (const bool exact : {false, true}) {
    const ModelOptions options{.model = golden_model("gguf-qwen2"), .threads = 2};
    auto opened = load_for_command(formats::open_checkpoint(options.model).value(), options, exact);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->pool->n_threads(), 2);
    EXPECT_EQ(opened->model->precision(), exact ? model::Precision::kExact : model::Precision::kFast);
  }
}

}  // namespace
}  // namespace hearth::app
