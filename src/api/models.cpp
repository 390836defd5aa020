#include "api/models.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/error_body.h"

namespace hearth::api {
namespace {

Json model_json(const backends::ModelSource& source, const std::vector<std::string>& loaded) {
  const bool is_loaded = std::ranges::find(loaded, source.name) != loaded.end();
  return Json{{"id", source.name},
              {"object", "model"},
              {"created", source.modified},
              {"owned_by", "hearth"},
              {"status", is_loaded ? "loaded" : "installed"},
              {"meta", {{"file", source.file.filename().string()}, {"size_bytes", source.size_bytes}}}};
}

ApiError internal(const Error& error) {
  return {ErrorKind::kInternal, error.message};
}

}  // namespace

http::Handler list_models_handler(Services& services) {
  return [&services](const http::HttpRequest&, const http::Responder& responder) {
    const Result<std::vector<backends::ModelSource>> sources = services.models.installed();
    if (!sources) {
      responder.send(error_response(internal(sources.error())));
      return;
    }
    const std::vector<std::string> loaded = services.models.loaded_names();
    Json data = Json::array();
    for (const backends::ModelSource& source : *sources) {
      data.push_back(model_json(source, loaded));
    }
    responder.send(json_response(Json{{"object", "list"}, {"data", std::move(data)}}));
  };
}

http::Handler get_model_handler(Services& services) {
  return [&services](const http::HttpRequest& request, const http::Responder& responder) {
    const std::string& id = request.params.at("id");
    const Result<std::vector<backends::ModelSource>> sources = services.models.installed();
    if (!sources) {
      responder.send(error_response(internal(sources.error())));
      return;
    }
    const auto found = std::ranges::find(*sources, id, &backends::ModelSource::name);
    if (found == sources->end()) {
      responder.send(
          error_response({ErrorKind::kModelNotFound, fmt::format("The model '{}' does not exist.", id), "model"}));
      return;
    }
    responder.send(json_response(model_json(*found, services.models.loaded_names())));
  };
}

}  // namespace hearth::api
