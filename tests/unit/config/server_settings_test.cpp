#include "config/server_settings.h"

#include <gtest/gtest.h>

#include <map>

namespace hearth::config {
namespace {

Status apply(ServerSettings& settings, std::string_view flag, std::string_view text) {
  const Setting* setting = find_setting(flag);
  EXPECT_NE(setting, nullptr) << flag;
  return setting == nullptr ? Status{} : apply_setting(settings, *setting, text);
}

TEST(ServerSettings, TakesEveryKindOfValue) {
  ServerSettings settings;
  ASSERT_TRUE(apply(settings, "models-path", "elsewhere"));
  ASSERT_TRUE(apply(settings, "address", "0.0.0.0:9000"));
  ASSERT_TRUE(apply(settings, "preload", "a, b,,c"));
  ASSERT_TRUE(apply(settings, "context-size", "-1"));
  ASSERT_TRUE(apply(settings, "threads", "4"));
  ASSERT_TRUE(apply(settings, "strict-models", ""));
  ASSERT_TRUE(apply(settings, "autoload-galleries", "off"));
  ASSERT_TRUE(apply(settings, "kv-cache-bytes", "1.5GiB"));
  ASSERT_TRUE(apply(settings, "kv-cache-type", "q8_0"));
  EXPECT_EQ(settings.models_path, "elsewhere");
  EXPECT_EQ(settings.address.host, "0.0.0.0");
  EXPECT_EQ(settings.address.port, 9000);
  EXPECT_EQ(settings.preload, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(settings.context_size, -1);
  EXPECT_EQ(settings.threads, 4);
  EXPECT_TRUE(settings.strict_models);
  EXPECT_FALSE(settings.autoload_galleries);
  EXPECT_EQ(settings.kv_cache_bytes, 1610612736u);
  EXPECT_EQ(settings.kv_cache_type, "q8_0");
  ASSERT_TRUE(apply(settings, "max-memory", "50%"));
  EXPECT_EQ(settings.max_memory.fraction, 0.5);
  ASSERT_TRUE(apply(settings, "max-memory", "6GiB"));
  EXPECT_FALSE(settings.max_memory.fraction);
  EXPECT_EQ(settings.max_memory.bytes, std::uint64_t{6} << 30);
}

TEST(ServerSettings, RefusesWhatDoesNotFit) {
  ServerSettings settings;
  EXPECT_EQ(apply(settings, "threads", "many").error().message, "--threads takes a whole number from 0, got 'many'");
  EXPECT_EQ(apply(settings, "context-size", "-2").error().message,
            "--context-size takes a whole number from -1, got '-2'");
  EXPECT_EQ(apply(settings, "kv-cache-type", "q4").error().message,
            "--kv-cache-type takes one of f32|f16|q8_0, got 'q4'");
  for (const char* text : {"0%", "101%", "x%", "-5", "lots"}) EXPECT_FALSE(apply(settings, "max-memory", text)) << text;
  EXPECT_FALSE(apply(settings, "cors", "maybe"));
  EXPECT_FALSE(apply(settings, "address", "host:port"));
  EXPECT_EQ(find_setting("no-such-flag"), nullptr);
  EXPECT_EQ(find_setting(""), nullptr);
}

TEST(ServerSettings, EnvironmentNamesInOrderOfRank) {
  std::map<std::string, std::string> environment = {
      {"THREADS", "1"},         {"LOCALAI_THREADS", "2"}, {"HEARTH_THREADS", "3"}, {"LOCALAI_CONTEXT_SIZE", "4096"},
      {"MODELS_PATH", "there"}, {"API_KEY", "k1,k2"},     {"GALLERIES", "[]"},     {"HEARTH_CORS", ""}};
  const auto get = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  ServerSettings settings;
  const auto unused = apply_environment(settings, get);
  ASSERT_TRUE(unused) << unused.error().message;
  EXPECT_EQ(settings.threads, 3);
  EXPECT_EQ(settings.context_size, 4096);
  EXPECT_EQ(settings.models_path, "there");
  EXPECT_EQ(settings.api_keys, (std::vector<std::string>{"k1", "k2"}));
  EXPECT_FALSE(settings.cors);
  EXPECT_EQ(*unused, std::vector<std::string>{"GALLERIES"});
  environment["HEARTH_THREADS"] = "x";
  const auto broken = apply_environment(settings, get);
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().message.starts_with("HEARTH_THREADS: ")) << broken.error().message;
}

TEST(ServerSettings, Bytes) {
  EXPECT_EQ(*parse_bytes("1048576"), 1048576u);
  EXPECT_EQ(*parse_bytes("2kB"), 2000u);
  EXPECT_EQ(*parse_bytes("2KiB"), 2048u);
  EXPECT_EQ(*parse_bytes("0.5G"), 536870912u);
  for (const char* text : {"", "GiB", "-1", "5 apples", "1e30", "nan", "inf"}) EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(ServerSettings, ListenAddresses) {
  EXPECT_EQ(parse_listen_address(":8080")->host, "0.0.0.0");
  EXPECT_EQ(parse_listen_address("9000")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("9000")->port, 9000);
  EXPECT_EQ(parse_listen_address("example.org")->port, 8080);
  EXPECT_EQ(parse_listen_address("[::1]:81")->host, "::1");
  EXPECT_EQ(parse_listen_address("[::1]")->host, "::1");
  EXPECT_EQ(parse_listen_address("localhost:0")->port, 0);
  for (const char* text : {"", ":", "host:", "host:x", "host:70000", "::1", "[]:80", "[::1:80", "host:-1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace hearth::config
