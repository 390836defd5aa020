// ProgressBar: shows transfers to a person, a bar on a terminal and plain lines elsewhere (a log, a pipe, CI).
//
// Used by `hearth pull` and by `hearth serve` while it preloads. Writes to stderr, so that stdout stays data.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "net/progress.h"

namespace hearth::app {

class ProgressBar : public net::ProgressSink {
 public:
  explicit ProgressBar(std::FILE* out = stderr);
  ~ProgressBar() override;

  void on_progress(const net::TransferProgress& progress) override;
  void on_note(std::string_view line) override;
  void finish();  // ends a bar's line

 private:
  void draw(const net::TransferProgress& progress, double bytes_per_s);

  using Clock = std::chrono::steady_clock;
  std::FILE* out_;
  bool is_terminal_;
  bool line_open_ = false;
  std::string name_;
  std::uint64_t first_bytes_ = 0, last_bytes_ = 0;
  int last_tenth_ = -1;
  Clock::time_point began_, shown_;
};

// "1.4 GB"; decimal, as the hubs write it.
std::string format_bytes(std::uint64_t n_bytes);

// One line of at most `width` columns: name, bar, percent, bytes, speed, time left.
std::string format_bar(const net::TransferProgress& progress, double bytes_per_s, int width);

}  // namespace hearth::app
