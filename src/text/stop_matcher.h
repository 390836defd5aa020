// StopMatcher: finds stop strings in a reply that arrives in pieces.
//
// Text that could be the beginning of a stop string is held back until it is certain, so that no part of a stop string
// ever reaches the client. The match that completes first wins; of those that complete at the same place, the longest.
// Used by backends behind the Detokenizer, one per choice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::text {

class StopMatcher {
 public:
  // Empty stop strings are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  struct Output {
    std::string text;      // safe to send; when stopped, everything before the match that was not yet sent
    bool stopped = false;  // a stop string was found: nothing after it counts
    std::string matched;
  };
  Output push(std::string_view text);

  // What was held back, at the end of the reply. "" after a stop.
  std::string flush();

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace hearth::text
