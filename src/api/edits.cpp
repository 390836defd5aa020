#include "api/edits.h"

#include <utility>

#include "api/generation_reply.h"

namespace hearth::api {
namespace {

class EditFormat final : public ReplyFormat {
 public:
  std::string_view id_prefix() const override { return "edit-"; }

  Json whole(const ReplyHead& head, const std::vector<WholeChoice>& choices,
             const backends::Usage& usage) const override {
    Json body = head_json(head, "edit");
    body["choices"] = Json::array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
      body["choices"].push_back(
          Json{{"text", choices[i].text}, {"index", i}, {"finish_reason", finish_name(choices[i].finish)}});
    }
    body["usage"] = usage_json(usage);
    body["seed"] = head.seed;
    return body;
  }

  // Edits are never streamed: the parameter table refuses it.
  std::vector<Json> opening(const ReplyHead& /*head*/, std::int64_t /*choice*/) const override { return {}; }
  std::vector<Json> chunks(const ReplyHead& /*head*/, const backends::TextPiece& /*piece*/) const override {
    return {};
  }
  Json bare_chunk(const ReplyHead& head) const override { return head_json(head, "edit"); }
};

}  // namespace

const ReplyFormat& edit_format() {
  static const EditFormat kFormat;
  return kFormat;
}

http::Handler edits_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    handle_generation(services, edit_format(), Endpoint::kEdits, request, responder);
  };
}

}  // namespace hearth::api
