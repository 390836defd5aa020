#include "api/completions.h"

#include <utility>

#include "api/generation_reply.h"

namespace hearth::api {
namespace {

class CompletionFormat final : public ReplyFormat {
 public:
  std::string_view id_prefix() const override { return "cmpl-"; }

  Json whole(const ReplyHead& head, const std::vector<WholeChoice>& choices,
             const backends::Usage& usage) const override {
    Json body = head_json(head, "text_completion");
    body["choices"] = Json::array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const WholeChoice& choice = choices[i];
      body["choices"].push_back(Json{{"text", choice.text},
                                     {"index", i},
                                     {"logprobs", head.logprobs ? completion_logprobs(choice.logprobs) : Json(nullptr)},
                                     {"finish_reason", finish_name(choice.finish)},
                                     {"stop_reason", stop_reason_name(choice.stop_reason)}});
    }
    body["usage"] = usage_json(usage);
    body["seed"] = head.seed;
    return body;
  }

  std::vector<Json> opening(const ReplyHead& /*head*/, std::int64_t /*choice*/) const override { return {}; }

  std::vector<Json> chunks(const ReplyHead& head, const backends::TextPiece& piece) const override {
    Json chunk = bare_chunk(head);
    const bool with_logprobs = head.logprobs && !piece.logprobs.empty();
    Json choice{{"text", piece.text},
                {"index", piece.choice},
                {"logprobs", with_logprobs ? completion_logprobs(piece.logprobs) : Json(nullptr)},
                {"finish_reason", nullptr}};
    if (piece.finish) {
      choice["finish_reason"] = finish_name(*piece.finish);
      choice["stop_reason"] = stop_reason_name(piece.stop_reason);
      chunk["seed"] = head.seed;
    }
    chunk["choices"].push_back(std::move(choice));
    return {std::move(chunk)};
  }

  Json bare_chunk(const ReplyHead& head) const override {
    Json chunk = head_json(head, "text_completion");
    chunk["choices"] = Json::array();
    return chunk;
  }
};

}  // namespace

const ReplyFormat& completion_format() {
  static const CompletionFormat kFormat;
  return kFormat;
}

http::Handler completions_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    handle_generation(services, completion_format(), Endpoint::kCompletions, request, responder);
  };
}

}  // namespace hearth::api
