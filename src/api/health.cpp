#include "api/health.h"

#include "api/error_body.h"
#include "base/version.h"

namespace hearth::api {

http::Handler health_handler() {
  return [](const http::HttpRequest&, const http::Responder& responder) {
    responder.send(json_response(Json{{"status", "ok"}}));
  };
}

http::Handler ready_handler(Services& services) {
  return [&services](const http::HttpRequest&, const http::Responder& responder) {
    if (services.ready) {
      responder.send(json_response(Json{{"status", "ready"}}));
      return;
    }
    http::HttpResponse response = json_response(Json{{"status", "starting"}, {"reason", "models are being preloaded"}});
    response.status = 503;
    response.headers.push_back({"Retry-After", "1"});
    responder.send(std::move(response));
  };
}

http::Handler version_handler() {
  return [](const http::HttpRequest&, const http::Responder& responder) {
    responder.send(json_response(Json{{"version", base::version()}}));
  };
}

}  // namespace hearth::api
