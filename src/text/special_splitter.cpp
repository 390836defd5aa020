#include "text/special_splitter.h"

#include <algorithm>

namespace hearth::text {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

void SpecialSplitter::add(std::string_view text, SpecialToken token) {
  if (text.empty() || !tokens_.emplace(text, token).second) return;
  auto place = std::find_if(lengths_.begin(), lengths_.end(),
                            [&](const OfOneLength& entry) { return entry.length <= text.size(); });
  if (place == lengths_.end() || place->length != text.size()) {
    place = lengths_.insert(place, OfOneLength{text.size(), {}});
  }
  place->first_bytes.set(static_cast<unsigned char>(text[0]));
}

std::vector<SpecialSplitter::Match> SpecialSplitter::matches(std::string_view text, bool parse_special) const {
  std::vector<Match> found;
  std::vector<bool> taken(text.size());
  for (const OfOneLength& entry : lengths_) {
    for (std::size_t begin = 0; begin + entry.length <= text.size(); ++begin) {
      // What is taken already is at least as long, so it covers one end of whatever overlaps it.
      const std::size_t last = begin + entry.length - 1;
      if (!entry.first_bytes[static_cast<unsigned char>(text[begin])] || taken[begin] || taken[last]) continue;
      const auto token = tokens_.find(text.substr(begin, entry.length));
      if (token == tokens_.end() || (token->second.control && !parse_special)) continue;
      Match match{begin, last + 1, token->second.id};
      if (token->second.strips_left) {
        while (match.begin > 0 && !taken[match.begin - 1] && is_space(text[match.begin - 1])) --match.begin;
      }
      if (token->second.strips_right) {
        while (match.end < text.size() && !taken[match.end] && is_space(text[match.end])) ++match.end;
      }
      std::fill(taken.begin() + static_cast<std::ptrdiff_t>(match.begin),
                taken.begin() + static_cast<std::ptrdiff_t>(match.end), true);
      found.push_back(match);
      begin = match.end - 1;
    }
  }
  std::sort(found.begin(), found.end(), [](const Match& a, const Match& b) { return a.begin < b.begin; });
  return found;
}

std::vector<SpecialSplitter::Fragment> SpecialSplitter::split(std::string_view text, bool parse_special) const {
  std::vector<Fragment> fragments;
  std::size_t done = 0;
  for (const Match& match : matches(text, parse_special)) {
    if (match.begin > done) fragments.push_back({text.substr(done, match.begin - done), -1});
    fragments.push_back({{}, match.id});
    done = match.end;
  }
  if (done < text.size()) fragments.push_back({text.substr(done), -1});
  return fragments;
}

}  // namespace hearth::text
