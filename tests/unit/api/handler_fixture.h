// Calls handlers without a socket: a registry with fake models, and what a client would have received.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/services.h"
#include "backends/fakes.h"
#include "http/responder.h"
#include "http/router.h"

namespace hearth::api {

class HandlerTest : public ::testing::Test {
 protected:
  struct Answer {
    int status = 0;
    std::vector<http::Header> headers;
    std::string body;
    bool finished = false;
    Json json() const { return Json::parse(body); }
    std::string header(std::string_view name) const {
      for (const http::Header& header : headers) {
        if (header.name == name) {
          return header.value;
        }
      }
      return "";
    }
    // The data of each event of a stream.
    std::vector<std::string> events() const {
      std::vector<std::string> events;
      for (std::size_t at = 0; (at = body.find("data: ", at)) != std::string::npos;) {
        const std::size_t end = body.find("\n\n", at);
        events.push_back(body.substr(at + 6, end - at - 6));
        at = end;
      }
      return events;
    }
  };

  HandlerTest() {
    sources_.push_back({.name = "tiny", .file = "/models/tiny.gguf", .size_bytes = 10, .modified = 5});
    backends::RegistryFunctions functions;
    functions.list = [this](bool) -> Result<std::vector<backends::ModelSource>> { return sources_; };
    functions.load = [this](const backends::ModelSource&,
                            std::uint64_t) -> Result<std::shared_ptr<backends::LoadedModel>> { return model_; };
    registry_ = std::make_unique<backends::ModelRegistry>(backends::RegistryOptions{.max_memory_bytes = 1'000'000},
                                                          std::move(functions), pool_);
    services_ = std::make_unique<Services>(*registry_);
  }

  // Loads the model first, so that handlers answer at once and on this thread.
  Answer call(const http::Handler& handler, std::string body, std::map<std::string, std::string> params = {}) {
    EXPECT_TRUE(registry_->acquire_now("tiny"));
    exchange_ = std::make_shared<http::Exchange>([] {});
    http::HttpRequest request;
    request.body = std::move(body);
    request.params = std::move(params);
    request.id = "req_test";
    handler(request, http::Responder(exchange_));
    return taken();
  }
  Answer taken() {
    http::Exchange::Work work = exchange_->take();
    Answer answer;
    if (work.response) {
      answer = {work.response->status, work.response->headers, work.response->body, true};
    } else if (work.head) {
      answer = {200, work.head->headers, work.bytes, work.finished};
    } else {
      answer.body = work.bytes;
      answer.finished = work.finished;
    }
    return answer;
  }

  std::vector<backends::ModelSource> sources_;
  base::TaskPool pool_{1, 1000};
  std::shared_ptr<backends::FakeModel> model_ = std::make_shared<backends::FakeModel>();
  std::unique_ptr<backends::ModelRegistry> registry_;
  std::unique_ptr<Services> services_;
  std::shared_ptr<http::Exchange> exchange_;
};

}  // namespace hearth::api
