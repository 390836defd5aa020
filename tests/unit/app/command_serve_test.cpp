#include "app/command_serve.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

namespace hearth::app {
namespace {

// One GET over a connection that the server closes.
std::string get(int port, const std::string& path) {
  const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    (void)!::write(peer, request.data(), request.size());
    char bytes[4096];
    for (ssize_t n = 0; (n = ::read(peer, bytes, sizeof(bytes))) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(n));
    }
  }
  ::close(peer);
  return answer;
}

class CommandServeTest : public ::testing::Test {
 protected:
  CommandServeTest() {
    folder_ = std::filesystem::temp_directory_path() / ("hearth-serve-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    settings_.models_path = folder_.string();
    settings_.address.port = 0;
    settings_.threads = 1;
    settings_.log_level = "error";
  }
  ~CommandServeTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  config::ServerSettings settings_;
};

TEST_F(CommandServeTest, ServesUntilItIsToldToStop) {
  std::string health;
  std::string models;
  std::thread peer;
  const auto on_listening = [&](int port) {
    // Started here, where the stop signals are blocked already: only run_serve() takes them.
    peer = std::thread([&, port] {
      health = get(port, "/healthz");
      models = get(port, "/v1/models");
      request_shutdown();
    });
  };
  EXPECT_EQ(run_serve(settings_, {"gpu-layers"}, on_listening), 0);
  peer.join();
  EXPECT_TRUE(health.starts_with("HTTP/1.1 200")) << health;
  EXPECT_NE(models.find(R"({"object":"list","data":[]})"), std::string::npos) << models;
}

TEST_F(CommandServeTest, SaysWhyItCannotStart) {
  settings_.address.host = "203.0.113.1";  // reserved for documentation: no machine has it
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_serve(settings_), 1);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("203.0.113.1"), std::string::npos);
}

TEST_F(CommandServeTest, RefusesTlsInsteadOfServingInTheClear) {
  settings_.tls_certificate = "cert.pem";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_serve(settings_), 1);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("TLS"), std::string::npos);
}

}  // namespace
}  // namespace hearth::app
