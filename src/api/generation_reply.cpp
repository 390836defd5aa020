#include "api/generation_reply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <utility>

#include "api/error_body.h"
#include "base/log.h"
#include "http/sse.h"

namespace hearth::api {
namespace {

std::string make_id(std::string_view prefix) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return fmt::format("{}{:016x}{:016x}", prefix, generator(), generator());
}

std::int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

GenerationReply::GenerationReply(Services& services, const ReplyFormat& format, http::Responder responder,
                                 const GenerationRequest& request)
    : services_(services),
      format_(format),
      responder_(std::move(responder)),
      stream_(request.stream),
      include_usage_(request.include_usage),
      ignored_(fmt::format("{}", fmt::join(request.ignored, ","))),
      choices_(request.core.prompts.size() * static_cast<std::size_t>(request.core.n)) {
  head_.id = make_id(format_.id_prefix());
  head_.created = unix_time();
  head_.model = request.core.model;
  head_.logprobs = request.logprobs;
}

void GenerationReply::run(backends::Request request) {
  const std::weak_ptr<GenerationReply> weak = weak_from_this();
  responder_.on_closed([weak] {
    if (const auto self = weak.lock()) {
      self->peer_left();
    }
  });
  responder_.on_writable([weak] {
    if (const auto self = weak.lock()) {
      std::shared_ptr<backends::Reply> reply;
      {
        const std::lock_guard lock(self->mutex_);
        reply = self->reply_;
      }
      if (reply) {
        reply->resume();
      }
    }
  });
  const std::string model = request.model;
  backends::ModelRegistry::Waiter waiter;
  waiter.ready = [self = shared_from_this(),
                  request = std::move(request)](backends::RequestResult<backends::Lease> lease) {
    if (lease) {
      self->answer_with(request, *lease);
    } else {
      self->on_error(std::move(lease).error());
    }
  };
  waiter.waiting = [weak](const std::string& what) {
    if (const auto self = weak.lock()) {
      self->on_waiting(what);
    }
  };
  waiter.gone = [weak] {
    const auto self = weak.lock();
    return !self || self->responder_.closed();
  };
  services_.models.acquire(model, std::move(waiter));
}

void GenerationReply::answer_with(const backends::Request& request, const backends::Lease& lease) {
  if (responder_.closed()) {
    return;
  }
  std::shared_ptr<backends::Reply> reply =
      lease.model->answer(request, {.model = lease.name, .substituted = lease.substituted}, shared_from_this());
  bool gone = false;
  {
    const std::lock_guard lock(mutex_);
    gone = gone_;
    if (!over_ && !gone) {
      reply_ = reply;
    }
  }
  if (gone) {
    reply->cancel();
  }
}

void GenerationReply::peer_left() {
  std::shared_ptr<backends::Reply> reply;
  {
    const std::lock_guard lock(mutex_);
    if (over_) {
      return;
    }
    gone_ = true;
    reply = std::exchange(reply_, nullptr);
  }
  ++services_.n_cancelled;
  if (reply) {
    reply->cancel();
  }
}

std::vector<http::Header> GenerationReply::headers() const {
  std::vector<http::Header> headers;
  if (substituted_) {
    headers.push_back({"X-Model-Used", used_model_});
  }
  if (!ignored_.empty()) {
    headers.push_back({"X-Ignored-Params", ignored_});
  }
  return headers;
}

void GenerationReply::begin_stream() {
  if (std::exchange(begun_, true)) {
    return;
  }
  http::StreamHead head;
  head.headers = headers();
  head.headers.push_back({"Cache-Control", "no-cache"});
  head.headers.push_back({"X-Accel-Buffering", "no"});
  head.idle_bytes = http::sse_comment("ping");
  responder_.begin_stream(std::move(head));
}

void GenerationReply::on_waiting(std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (stream_ && !over_) {
    begin_stream();
    responder_.write(http::sse_comment(what));
  }
}

void GenerationReply::on_start(const backends::ReplyStart& start) {
  head_.fingerprint = start.fingerprint;
  head_.seed = start.seed;
  used_model_ = start.model;
  substituted_ = start.substituted;
  if (head_.model.empty()) {
    head_.model = start.model;
  }
  if (!stream_) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    begin_stream();
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    for (Json& chunk : format_.opening(head_, static_cast<std::int64_t>(i))) {
      write(std::move(chunk));
    }
  }
}

http::WriteState GenerationReply::write(Json chunk) {
  if (include_usage_) {
    chunk.emplace("usage", nullptr);
  }
  return responder_.write(http::sse_data(base::dump_json(chunk)));
}

bool GenerationReply::on_text(backends::TextPiece piece) {
  if (stream_) {
    http::WriteState state = http::WriteState::kOpen;
    for (Json& chunk : format_.chunks(head_, piece)) {
      state = write(std::move(chunk));
    }
    return state != http::WriteState::kFull;
  }
  WholeChoice& choice = choices_[static_cast<std::size_t>(piece.choice)];
  choice.text += piece.text;
  std::ranges::move(piece.logprobs, std::back_inserter(choice.logprobs));
  if (piece.finish) {
    choice.finish = *piece.finish;
    choice.stop_reason = piece.stop_reason;
  }
  return true;
}

void GenerationReply::on_done(const backends::Usage& usage) {
  responder_.note_tokens(usage.n_prompt_tokens, usage.n_generated_tokens);
  if (stream_) {
    if (include_usage_) {
      Json chunk = format_.bare_chunk(head_);
      chunk["seed"] = head_.seed;
      chunk["usage"] = usage_json(usage);
      write(std::move(chunk));
    }
    responder_.write(http::sse_data("[DONE]"));
    responder_.finish();
  } else {
    http::HttpResponse response = json_response(format_.whole(head_, choices_, usage));
    response.headers = headers();
    responder_.send(std::move(response));
  }
  let_go();
}

void GenerationReply::on_error(backends::RequestError error) {
  const ApiError api_error = to_api_error(std::move(error));
  if (error_row(api_error.kind).status >= 500) {
    base::log_error("request failed: {}", api_error.message);
    ++services_.n_failed;
  }
  bool begun = false;
  {
    const std::lock_guard lock(mutex_);
    begun = begun_;
    over_ = true;
  }
  if (begun) {
    responder_.write(http::sse_data(base::dump_json(error_json(api_error))));
    responder_.write(http::sse_data("[DONE]"));
    responder_.finish();
  } else {
    responder_.send(error_response(api_error));
  }
  let_go();
}

void GenerationReply::let_go() {
  std::shared_ptr<backends::Reply> reply;
  const std::lock_guard lock(mutex_);
  over_ = true;
  reply = std::exchange(reply_, nullptr);
}

void handle_generation(Services& services, const ReplyFormat& format, Endpoint endpoint,
                       const http::HttpRequest& request, const http::Responder& responder) {
  ++services.n_requests;
  const auto in_path = request.params.find("model");
  Parsed<GenerationRequest> parsed = parse_generation(
      endpoint, request.body, in_path == request.params.end() ? "" : in_path->second, services.strict_params);
  if (!parsed) {
    responder.send(error_response(parsed.error()));
    return;
  }
  if (!parsed->ignored.empty()) {
    base::log_info("{}: ignored unknown parameters: {}", request.id, fmt::join(parsed->ignored, ", "));
  }
  parsed->core.id = request.id;
  const auto reply = std::make_shared<GenerationReply>(services, format, responder, *parsed);
  reply->run(std::move(parsed->core));
}

}  // namespace hearth::api
