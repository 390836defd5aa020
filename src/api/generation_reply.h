// GenerationReply: carries one reply from a backend to the client, streamed or whole, and a cancellation back.
//
// The same for every generating endpoint; a ReplyFormat says how things are written.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/generation_request.h"
#include "api/reply_format.h"
#include "api/services.h"
#include "backends/reply.h"
#include "http/responder.h"

namespace hearth::api {

class GenerationReply final : public backends::ReplySink, public std::enable_shared_from_this<GenerationReply> {
 public:
  GenerationReply(Services& services, const ReplyFormat& format, http::Responder responder,
                  const GenerationRequest& request);

  // Hands the request to the registry and on to a model; answers through the responder, now or later.
  void run(backends::Request request);

  void on_waiting(std::string_view what) override;
  void on_start(const backends::ReplyStart& start) override;
  bool on_text(backends::TextPiece piece) override;
  void on_done(const backends::Usage& usage) override;
  void on_error(backends::RequestError error) override;

 private:
  void answer_with(const backends::Request& request, const backends::Lease& lease);
  void peer_left();
  void begin_stream();  // under the lock
  http::WriteState write(Json chunk);
  std::vector<http::Header> headers() const;
  void let_go();

  Services& services_;
  const ReplyFormat& format_;
  http::Responder responder_;
  ReplyHead head_;
  bool stream_;
  bool include_usage_;
  std::string ignored_;  // for X-Ignored-Params
  std::string used_model_;
  bool substituted_ = false;
  std::vector<WholeChoice> choices_;

  std::mutex mutex_;
  bool begun_ = false;
  bool over_ = false;
  bool gone_ = false;
  std::shared_ptr<backends::Reply> reply_;  // each holds the other until the reply ends
};

// Parses, validates and runs a generating request; what the handlers of such endpoints do.
void handle_generation(Services& services, const ReplyFormat& format, Endpoint endpoint,
                       const http::HttpRequest& request, const http::Responder& responder);

}  // namespace hearth::api
