// Reply and ReplySink: a running request, seen from the two sides.
//
// A backend calls the sink, one call at a time, from its own threads: on_waiting*, on_start, on_text*, then on_done or
// on_error (which may come at any point, once). After cancel() calls may still come until the backend notices.
#pragma once

#include <string_view>

#include "backends/request.h"

namespace hearth::backends {

class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // The model is being loaded or installed; called every few seconds while the request waits.
  virtual void on_waiting(std::string_view what) = 0;
  // The engine has taken the request; only text, the end or an error follow.
  virtual void on_start(const ReplyStart& start) = 0;
  // False: taken, but there is no room for more; the backend then waits for Reply::resume().
  virtual bool on_text(TextPiece piece) = 0;
  virtual void on_done(const Usage& usage) = 0;
  virtual void on_error(RequestError error) = 0;
};

class Reply {
 public:
  virtual ~Reply() = default;
  // Any thread, any number of times; does not block. Frees the sequences at the engine's next step.
  virtual void cancel() = 0;
  // The sink has room again.
  virtual void resume() = 0;
};

}  // namespace hearth::backends
