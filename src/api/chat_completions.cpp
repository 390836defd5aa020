#include "api/chat_completions.h"

#include <utility>

#include "api/generation_reply.h"

namespace hearth::api {
namespace {

class ChatFormat final : public ReplyFormat {
 public:
  std::string_view id_prefix() const override { return "chatcmpl-"; }

  Json whole(const ReplyHead& head, const std::vector<WholeChoice>& choices,
             const backends::Usage& usage) const override {
    Json body = head_json(head, "chat.completion");
    body["choices"] = Json::array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const WholeChoice& choice = choices[i];
      body["choices"].push_back(
          Json{{"index", i},
               {"message", {{"role", "assistant"}, {"content", choice.text}, {"refusal", nullptr}}},
               {"logprobs", head.logprobs ? chat_logprobs(choice.logprobs) : Json(nullptr)},
               {"finish_reason", finish_name(choice.finish)},
               {"stop_reason", stop_reason_name(choice.stop_reason)}});
    }
    body["usage"] = usage_json(usage);
    body["seed"] = head.seed;
    return body;
  }

  std::vector<Json> opening(const ReplyHead& head, std::int64_t choice) const override {
    return {chunk(head, choice, Json{{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}, nullptr)};
  }

  std::vector<Json> chunks(const ReplyHead& head, const backends::TextPiece& piece) const override {
    std::vector<Json> chunks;
    if (!piece.text.empty() || !piece.logprobs.empty()) {
      Json logprobs = head.logprobs ? chat_logprobs(piece.logprobs) : Json(nullptr);
      chunks.push_back(chunk(head, piece.choice, Json{{"content", piece.text}}, std::move(logprobs)));
    }
    if (piece.finish) {
      Json last = chunk(head, piece.choice, Json::object(), nullptr);
      last["choices"][0]["finish_reason"] = finish_name(*piece.finish);
      last["choices"][0]["stop_reason"] = stop_reason_name(piece.stop_reason);
      last["seed"] = head.seed;
      chunks.push_back(std::move(last));
    }
    return chunks;
  }

  Json bare_chunk(const ReplyHead& head) const override {
    Json chunk = head_json(head, "chat.completion.chunk");
    chunk["choices"] = Json::array();
    return chunk;
  }

 private:
  static Json chunk(const ReplyHead& head, std::int64_t choice, Json delta, Json logprobs) {
    Json chunk = head_json(head, "chat.completion.chunk");
    chunk["choices"] = Json::array({Json{{"index", choice},
                                         {"delta", std::move(delta)},
                                         {"logprobs", std::move(logprobs)},
                                         {"finish_reason", nullptr}}});
    return chunk;
  }
};

}  // namespace

const ReplyFormat& chat_format() {
  static const ChatFormat kFormat;
  return kFormat;
}

http::Handler chat_completions_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    handle_generation(services, chat_format(), Endpoint::kChat, request, responder);
  };
}

}  // namespace hearth::api
