#include "api/tokenize.h"

#include <fmt/format.h>

#include <functional>
#include <limits>
#include <utility>

#include "api/error_body.h"
#include "api/json_values.h"

namespace hearth::api {
namespace {

struct Body {
  std::string model;
  Json value;
};

// {model, NAME}: both endpoints have this shape.
Parsed<Body> read_body(const std::string& text, const char* name) {
  const Result<Json> json = base::parse_json(text);
  if (!json || !json->is_object()) {
    return reject(ErrorKind::kBadRequest,
                  json ? "The body of the request must be a JSON object."
                       : "We could not parse the JSON body of your request: " + json.error().message);
  }
  if (!json->contains(name)) {
    return reject(ErrorKind::kMissingParameter, fmt::format("Missing required parameter: '{}'.", name), name);
  }
  Body body{.value = (*json)[name]};
  if (json->contains("model") && !(*json)["model"].is_null()) {
    Parsed<std::string> model = read_text((*json)["model"], "model");
    if (!model) {
      return std::unexpected(std::move(model).error());
    }
    body.model = *std::move(model);
  }
  return body;
}

void with_model(Services& services, const std::string& name, const http::Responder& responder,
                std::function<Parsed<Json>(const backends::LoadedModel&)> answer) {
  services.models.acquire(
      name, {.ready = [responder, answer = std::move(answer)](const backends::RequestResult<backends::Lease>& lease) {
        if (!lease) {
          responder.send(error_response(to_api_error(lease.error())));
          return;
        }
        const Parsed<Json> body = answer(*lease->model);
        responder.send(body ? json_response(*body) : error_response(body.error()));
      }});
}

}  // namespace

http::Handler tokenize_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    Parsed<Body> body = read_body(request.body, "content");
    Parsed<std::string> content = body ? read_text(body->value, "content") : std::unexpected(body.error());
    if (!content) {
      responder.send(error_response(content.error()));
      return;
    }
    with_model(services, body->model, responder,
               [content = *std::move(content)](const backends::LoadedModel& model) -> Parsed<Json> {
                 const auto tokens = model.tokenize(content, false);
                 if (!tokens) {
                   return reject(ErrorKind::kInvalidValue, tokens.error().message, "content");
                 }
                 return Json{{"tokens", *tokens}};
               });
  };
}

http::Handler detokenize_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    Parsed<Body> body = read_body(request.body, "tokens");
    if (body && !body->value.is_array()) {
      body = wrong_type("tokens", "an array of token ids", body->value);
    }
    if (!body) {
      responder.send(error_response(body.error()));
      return;
    }
    std::vector<backends::TokenId> tokens;
    for (std::size_t i = 0; i < body->value.size(); ++i) {
      const Parsed<std::int64_t> token =
          read_integer(body->value[i], fmt::format("tokens[{}]", i), 0, std::numeric_limits<backends::TokenId>::max());
      if (!token) {
        responder.send(error_response(token.error()));
        return;
      }
      tokens.push_back(static_cast<backends::TokenId>(*token));
    }
    with_model(services, body->model, responder,
               [tokens = std::move(tokens)](const backends::LoadedModel& model) -> Parsed<Json> {
                 return Json{{"content", model.detokenize(tokens)}};
               });
  };
}

}  // namespace hearth::api
