#include "text/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace hearth::text {
namespace {

struct Match {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

// The match that completes first; of several that complete at the same place the longest, which begins first.
Match first_match(std::string_view text, const std::vector<std::string>& stops) {
  Match best;
  for (const std::string& stop : stops) {
    const std::size_t begin = text.find(stop);
    if (begin == std::string_view::npos) continue;
    const std::size_t end = begin + stop.size();
    if (end < best.end || (end == best.end && begin < best.begin)) best = {begin, end};
  }
  return best;
}

// How much of the end of `text` could be the beginning of a stop string.
std::size_t n_uncertain(std::string_view text, const std::vector<std::string>& stops) {
  std::size_t n_held = 0;
  for (const std::string& stop : stops) {
    for (std::size_t n = std::min(stop.size() - 1, text.size()); n > n_held; --n) {
      if (text.ends_with(std::string_view(stop).substr(0, n))) n_held = n;
    }
  }
  return n_held;
}

}  // namespace

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

StopMatcher::Output StopMatcher::push(std::string_view text) {
  if (stopped_) return {.stopped = true};
  held_ += text;
  if (const Match match = first_match(held_, stops_); match.begin != std::string_view::npos) {
    stopped_ = true;
    Output output{.text = held_.substr(0, match.begin),
                  .stopped = true,
                  .matched = held_.substr(match.begin, match.end - match.begin)};
    held_.clear();
    return output;
  }
  const std::size_t n_certain = held_.size() - n_uncertain(held_, stops_);
  Output output{.text = held_.substr(0, n_certain)};
  held_.erase(0, n_certain);
  return output;
}

std::string StopMatcher::flush() {
  return std::exchange(held_, {});
}

}  // namespace hearth::text
