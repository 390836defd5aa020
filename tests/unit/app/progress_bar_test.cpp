#include "app/progress_bar.h"

#include <gtest/gtest.h>

#include <memory>

namespace hearth::app {
namespace {

std::string text_of(std::FILE* file) {
  std::rewind(file);
  std::string text(10'000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

TEST(FormatBytes, PicksTheUnit) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1'000), "1.0 kB");
  EXPECT_EQ(format_bytes(98'362'432), "98.4 MB");
  EXPECT_EQ(format_bytes(999'960'000), "1.0 GB");
  EXPECT_EQ(format_bytes(4'500'000'000'000), "4.5 TB");
}

TEST(FormatBar, ShowsShareSpeedAndTime) {
  const std::string line = format_bar({"model.gguf", 25'000'000, 100'000'000}, 1'000'000, 120);
  EXPECT_TRUE(line.starts_with("model.gguf [#######")) << line;
  EXPECT_NE(line.find(" 25% 25.0 MB of 100.0 MB, 1.0 MB/s, 1:15 left"), std::string::npos) << line;
  const std::string unknown = format_bar({"model.gguf", 25'000'000, {}}, 0, 120);
  EXPECT_EQ(unknown, "model.gguf 25.0 MB");
}

TEST(FormatBar, NeverIsWiderThanTheTerminal) {
  for (int width = 1; width < 130; ++width) {
    for (const std::uint64_t done : {0u, 50u, 100u, 200u}) {
      const std::string line =
          format_bar({"a-model-with-a-rather-long-name-00001-of-00002.gguf", done, 100}, 7.5, width);
      EXPECT_LT(static_cast<int>(line.size()), width) << line;
    }
  }
}

TEST(ProgressBar, PlainLinesComeOncePerTenth) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  ASSERT_NE(file, nullptr);
  {
    ProgressBar bar(file.get());
    for (std::uint64_t done = 0; done <= 1000; ++done) bar.on_progress({"a.gguf", done, 1000});
    bar.on_note("a note");
  }
  const std::string text = text_of(file.get());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12) << text;
  EXPECT_TRUE(text.starts_with("a.gguf: 0% of 1.0 kB\na.gguf: 10% of 1.0 kB\n")) << text;
  EXPECT_TRUE(text.ends_with("a.gguf: 100% of 1.0 kB\na note\n")) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

}  // namespace
}  // namespace hearth::app
