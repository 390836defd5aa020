#include "app/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace hearth::app {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(10);

int terminal_width(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string format_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 359'999.0));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

int percent_of(const net::TransferProgress& progress) {
  if (!progress.total_bytes || *progress.total_bytes == 0) return 0;
  const double share = static_cast<double>(progress.done_bytes) / static_cast<double>(*progress.total_bytes);
  return static_cast<int>(std::clamp(share, 0.0, 1.0) * 100.0);
}

}  // namespace

std::string format_bytes(std::uint64_t n_bytes) {
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  if (n_bytes < 1000) return fmt::format("{} B", n_bytes);
  double value = static_cast<double>(n_bytes) / 1000;
  int unit = 0;
  for (; value >= 999.95 && unit < 3; ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_bar(const net::TransferProgress& progress, double bytes_per_s, int width) {
  std::string tail = format_bytes(progress.done_bytes);
  if (progress.total_bytes)
    tail = fmt::format("{:3}% {} of {}", percent_of(progress), tail, format_bytes(*progress.total_bytes));
  if (bytes_per_s > 0) tail += fmt::format(", {}/s", format_bytes(static_cast<std::uint64_t>(bytes_per_s)));
  if (bytes_per_s > 0 && progress.total_bytes && *progress.total_bytes > progress.done_bytes) {
    tail += fmt::format(", {} left",
                        format_time(static_cast<double>(*progress.total_bytes - progress.done_bytes) / bytes_per_s));
  }
  constexpr int kMostBar = 30, kLeastBar = 8;
  const int room = width - 1 - static_cast<int>(tail.size()) - 4;
  const int name_width = std::clamp(room - kLeastBar, 0, static_cast<int>(progress.name.size()));
  const int bar_width = std::min(kMostBar, room - name_width);
  std::string line(progress.name.substr(0, static_cast<std::size_t>(name_width)));
  if (progress.total_bytes && bar_width >= kLeastBar) {
    const int filled = bar_width * percent_of(progress) / 100;
    line += fmt::format(" [{:<{}}]", std::string(static_cast<std::size_t>(filled), '#'), bar_width);
  }
  line += (line.empty() ? "" : " ") + tail;
  return line.substr(0, static_cast<std::size_t>(std::max(width - 1, 0)));
}

ProgressBar::ProgressBar(std::FILE* out) : out_(out), is_terminal_(::isatty(::fileno(out)) == 1) {}

ProgressBar::~ProgressBar() {
  finish();
}

void ProgressBar::finish() {
  if (line_open_) fmt::print(out_, "\n");
  line_open_ = false;
  std::fflush(out_);
}

void ProgressBar::on_note(std::string_view line) {
  if (line_open_) fmt::print(out_, "\r\x1b[K");
  line_open_ = false;
  fmt::print(out_, "{}\n", line);
  std::fflush(out_);
}

void ProgressBar::on_progress(const net::TransferProgress& progress) {
  const auto now = Clock::now();
  if (progress.name != name_ || progress.done_bytes < last_bytes_) {  // another file, or this one from the start
    if (progress.name != name_) finish();
    name_ = progress.name;
    began_ = now;
    first_bytes_ = progress.done_bytes;
    last_tenth_ = -1;
    shown_ = {};
  }
  last_bytes_ = progress.done_bytes;
  const bool done = progress.total_bytes && progress.done_bytes == *progress.total_bytes;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const double bytes_per_s = seconds > 0.5 ? static_cast<double>(progress.done_bytes - first_bytes_) / seconds : 0;
  const int tenth = percent_of(progress) / 10;
  const bool due = is_terminal_           ? now - shown_ >= kRedraw || done
                   : progress.total_bytes ? tenth > last_tenth_
                                          : now - shown_ >= kPlainInterval;
  if (!due) return;
  shown_ = now;
  last_tenth_ = tenth;
  draw(progress, bytes_per_s);
}

void ProgressBar::draw(const net::TransferProgress& progress, double bytes_per_s) {
  if (is_terminal_) {
    fmt::print(out_, "\r\x1b[K{}", format_bar(progress, bytes_per_s, terminal_width(::fileno(out_))));
    line_open_ = true;
  } else if (progress.total_bytes) {
    fmt::print(out_, "{}: {}% of {}\n", progress.name, percent_of(progress), format_bytes(*progress.total_bytes));
  } else {
    fmt::print(out_, "{}: {}\n", progress.name, format_bytes(progress.done_bytes));
  }
  std::fflush(out_);
}

}  // namespace hearth::app
