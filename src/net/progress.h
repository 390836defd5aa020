// ProgressSink: how a transfer tells its caller what it is doing; libraries never print.
//
// The CLI draws a bar from it, the API server fills a job's status. A sink may be called from the thread that runs the
// transfer only, several times a second.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::net {

struct TransferProgress {
  std::string_view name;  // the file being fetched
  std::uint64_t done_bytes = 0;
  std::optional<std::uint64_t> total_bytes;
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void on_progress(const TransferProgress& progress) = 0;
  // One line for a person: a source was skipped, a try failed and will be repeated, another process is downloading.
  virtual void on_note(std::string_view line) = 0;
};

class SilentProgress : public ProgressSink {
 public:
  void on_progress(const TransferProgress&) override {}
  void on_note(std::string_view) override {}
};

}  // namespace hearth::net
