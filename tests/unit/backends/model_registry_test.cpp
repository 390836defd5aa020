#include "backends/model_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "backends/fakes.h"

namespace hearth::backends {
namespace {

using std::chrono::milliseconds;

class ModelRegistryTest : public ::testing::Test {
 protected:
  void add_source(const std::string& name, std::uint64_t size_bytes = 1000) {
    const std::lock_guard lock(mutex_);
    sources_.push_back({.name = name, .file = "/models/" + name + ".gguf", .size_bytes = size_bytes});
  }
  ModelRegistry& registry() {
    if (!registry_) {
      RegistryFunctions functions;
      functions.list = [this](bool) -> Result<std::vector<ModelSource>> {
        const std::lock_guard lock(mutex_);
        return sources_;
      };
      functions.load = [this](const ModelSource& source, std::uint64_t) -> Result<std::shared_ptr<LoadedModel>> {
        ++n_loads_;
        if (on_load_) {
          on_load_(source);
        }
        if (load_error_) {
          return std::unexpected(*load_error_);
        }
        auto model = std::make_shared<FakeModel>();
        model->memory = source.size_bytes;
        return model;
      };
      functions.can_install = [](const std::string& name) { return name == "in-gallery"; };
      functions.install = [this](const std::string& name) -> Status {
        ++n_installs_;
        add_source(name);
        return {};
      };
      registry_ = std::make_unique<ModelRegistry>(options_, std::move(functions), pool_);
    }
    return *registry_;
  }
  RequestResult<Lease> acquire(const std::string& name) { return registry().acquire_now(name); }

  std::mutex mutex_;
  std::vector<ModelSource> sources_;
  RegistryOptions options_{.max_memory_bytes = 10'000, .waiting_interval = milliseconds(20)};
  std::function<void(const ModelSource&)> on_load_;
  std::optional<Error> load_error_;
  std::atomic<int> n_loads_ = 0;
  std::atomic<int> n_installs_ = 0;
  base::TaskPool pool_{2, 1000};
  std::unique_ptr<ModelRegistry> registry_;
};

TEST_F(ModelRegistryTest, FindsAModelByNameFileOrFileWithoutEnding) {
  add_source("a");
  add_source("b");
  for (const char* name : {"b", "b.gguf"}) {
    const auto lease = acquire(name);
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_EQ(lease->name, "b");
    EXPECT_FALSE(lease->substituted);
  }
  EXPECT_EQ(n_loads_, 1);
  EXPECT_EQ(registry().loaded_names(), std::vector<std::string>{"b"});
  EXPECT_EQ(registry().stats().front().name, "b");
}

TEST_F(ModelRegistryTest, TheOnlyModelAnswersForUnknownNames) {
  add_source("only");
  const auto lease = acquire("gpt-4o");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->name, "only");
  EXPECT_TRUE(lease->substituted);
  EXPECT_FALSE(acquire("")->substituted) << "no name asks for any model";
}

TEST_F(ModelRegistryTest, AnUnknownNameIsNotFoundWhenThereIsAChoice) {
  add_source("a");
  add_source("b");
  const auto unknown = acquire("gpt-4o");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().reason, Reason::kModelNotFound);
  EXPECT_EQ(unknown.error().param, "model");
  EXPECT_NE(unknown.error().message.find("a, b"), std::string::npos) << unknown.error().message;
  EXPECT_EQ(acquire("").error().reason, Reason::kModelMissing);
}

TEST_F(ModelRegistryTest, StrictModelsAreNeverSubstituted) {
  options_.strict_models = true;
  add_source("only");
  EXPECT_EQ(acquire("gpt-4o").error().reason, Reason::kModelNotFound);
}

TEST_F(ModelRegistryTest, AnEmptyFolderSaysWhatToDo) {
  const auto lease = acquire("");
  ASSERT_FALSE(lease);
  EXPECT_NE(lease.error().message.find("hearth pull"), std::string::npos) << lease.error().message;
}

TEST_F(ModelRegistryTest, ADefaultModelAnswersForNoName) {
  options_.default_model = "b";
  add_source("a");
  add_source("b");
  EXPECT_EQ(acquire("")->name, "b");
}

TEST_F(ModelRegistryTest, OneLoadIsSharedByAllWhoWait) {
  add_source("a");
  std::latch release(1);
  on_load_ = [&](const ModelSource&) { release.wait(); };
  registry();
  std::vector<std::future<RequestResult<Lease>>> leases;
  for (int i = 0; i < 5; ++i) {
    leases.push_back(std::async(std::launch::async, [this] { return acquire("a"); }));
  }
  std::this_thread::sleep_for(milliseconds(30));
  release.count_down();
  for (auto& lease : leases) {
    EXPECT_TRUE(lease.get());
  }
  EXPECT_EQ(n_loads_, 1);
}

TEST_F(ModelRegistryTest, WhoWaitsIsToldAndGivesUpInTheEnd) {
  add_source("a");
  options_.max_wait = milliseconds(60);
  std::latch release(1);
  on_load_ = [&](const ModelSource&) { release.wait(); };
  std::promise<RequestResult<Lease>> result;
  std::atomic<int> n_told = 0;
  registry().acquire("a", {.ready = [&](RequestResult<Lease> lease) { result.set_value(std::move(lease)); },
                           .waiting = [&](const std::string& what) { n_told += what.find("a") != std::string::npos; }});
  const auto lease = result.get_future().get();
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().reason, Reason::kLoading);
  EXPECT_GE(n_told, 1);
  release.count_down();
  EXPECT_TRUE(acquire("a")) << "the load went on and serves the next request";
  EXPECT_EQ(n_loads_, 1);
}

TEST_F(ModelRegistryTest, WaitingRequestsAreBounded) {
  add_source("a");
  options_.max_waiting = 1;
  std::latch release(1);
  on_load_ = [&](const ModelSource&) { release.wait(); };
  std::promise<RequestResult<Lease>> first;
  registry().acquire("a", {.ready = [&](RequestResult<Lease> lease) { first.set_value(std::move(lease)); }});
  EXPECT_EQ(acquire("a").error().reason, Reason::kOverloaded);
  release.count_down();
  EXPECT_TRUE(first.get_future().get());
}

TEST_F(ModelRegistryTest, NothingIsLoadedForAClientThatLeft) {
  add_source("a");
  std::promise<RequestResult<Lease>> result;
  registry().acquire("a", {.ready = [&](RequestResult<Lease> lease) { result.set_value(std::move(lease)); },
                           .gone = [] { return true; }});
  EXPECT_FALSE(result.get_future().get());
  EXPECT_EQ(n_loads_, 0);
}

TEST_F(ModelRegistryTest, TheLeastRecentlyUsedIdleModelMakesRoom) {
  add_source("a", 4000);
  add_source("b", 4000);
  add_source("c", 4000);
  ASSERT_TRUE(acquire("a"));
  ASSERT_TRUE(acquire("b"));
  ASSERT_TRUE(acquire("a"));
  ASSERT_TRUE(acquire("c"));
  EXPECT_EQ(registry().loaded_names(), (std::vector<std::string>{"a", "c"}));
}

TEST_F(ModelRegistryTest, ABusyModelIsNotEvicted) {
  add_source("a", 6000);
  add_source("b", 6000);
  auto busy = acquire("a");
  ASSERT_TRUE(busy);
  const auto refused = acquire("b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::kLoading);
  busy = RequestResult<Lease>(Lease{});
  EXPECT_TRUE(acquire("b"));
  EXPECT_EQ(registry().loaded_names(), std::vector<std::string>{"b"});
}

TEST_F(ModelRegistryTest, AFailedLoadIsToldAndTriedAgain) {
  add_source("a");
  load_error_ = Error{ErrorCode::kCorruptFile, "bad magic", ""};
  const auto lease = acquire("a");
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().reason, Reason::kInternal);
  EXPECT_NE(lease.error().message.find("bad magic"), std::string::npos);
  load_error_.reset();
  EXPECT_TRUE(acquire("a"));
}

TEST_F(ModelRegistryTest, AChangedModelIsLoadedAgain) {
  add_source("a");
  ASSERT_TRUE(acquire("a"));
  {
    const std::lock_guard lock(mutex_);
    sources_.front().modified = 1;
  }
  ASSERT_TRUE(acquire("a"));
  EXPECT_EQ(n_loads_, 2);
}

TEST_F(ModelRegistryTest, AGalleryNameIsInstalledOnDemand) {
  add_source("a");
  const auto lease = acquire("in-gallery");
  ASSERT_TRUE(lease) << lease.error().message;
  EXPECT_EQ(lease->name, "in-gallery");
  EXPECT_EQ(n_installs_, 1);
}

TEST_F(ModelRegistryTest, EndingAnswersWhoWaits) {
  add_source("a");
  add_source("b");
  std::latch started(1);
  std::latch release(1);
  on_load_ = [&](const ModelSource&) {
    started.count_down();
    release.wait();
  };
  std::promise<RequestResult<Lease>> loading;
  std::promise<RequestResult<Lease>> queued;
  registry().acquire("a", {.ready = [&](RequestResult<Lease> lease) { loading.set_value(std::move(lease)); }});
  registry().acquire("b", {.ready = [&](RequestResult<Lease> lease) { queued.set_value(std::move(lease)); }});
  started.wait();
  std::thread ending([this] { registry_.reset(); });
  std::this_thread::sleep_for(milliseconds(20));
  release.count_down();
  ending.join();
  EXPECT_FALSE(loading.get_future().get());
  EXPECT_FALSE(queued.get_future().get());
}

}  // namespace
}  // namespace hearth::backends
