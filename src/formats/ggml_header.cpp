#include "formats/ggml_header.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "formats/ggml_encodings.h"

namespace hearth::formats {
namespace {

// Longer than any vocabulary entry of that time; a number beyond it is something else read as a length.
constexpr std::uint32_t kMaxTokenBytes = 1024;
constexpr std::int32_t kMaxVocabulary = 1 << 24;
constexpr std::int32_t kMaxHidden = 1 << 20;

Error corrupt(std::string message) {
  return {ErrorCode::kCorruptFile, std::move(message), {}};
}

bool is_hidden_size(std::string_view field) {
  return field == "n_embd" || field == "d_model";
}

// A wrong layout shows in numbers that cannot be what they are taken for.
Status check_field(std::string_view name, std::int32_t value, std::size_t offset) {
  std::int32_t least = 0;
  std::int32_t most = std::numeric_limits<std::int32_t>::max();
  if (name == "n_vocab") {
    least = 1;
    most = kMaxVocabulary;
  } else if (is_hidden_size(name)) {
    least = 1;
    most = kMaxHidden;
  } else if (name == "ftype") {
    most = kMaxGgmlFtype;
  }
  if (value < least || value > most) {
    return std::unexpected(
        corrupt(fmt::format("{} at byte {}: {} to {} is expected, found {}", name, offset, least, most, value)));
  }
  return {};
}

Status read_fields(base::ByteReader& reader, const GgmlLayout& layout, Metadata& metadata) {
  for (const GgmlField& field : layout.fields) {
    const std::size_t offset = reader.offset();
    const std::string key = fmt::format("ggml.{}", field.name);
    if (field.is_float) {
      HEARTH_TRY(const auto value, reader.read<float>(field.name));
      if (!std::isfinite(value) || value < 0.0F) {
        return std::unexpected(
            corrupt(fmt::format("{} at byte {}: zero or more is expected, found {}", field.name, offset, value)));
      }
      metadata.set(key, {static_cast<double>(value)});
    } else {
      HEARTH_TRY(const auto value, reader.read<std::int32_t>(field.name));
      HEARTH_TRY_VOID(check_field(field.name, value, offset));
      metadata.set(key, {std::int64_t{value}});
    }
  }
  return {};
}

// One length and that many bytes. `entry` is the number of the vocabulary entry or merge.
Result<std::string_view> read_text(base::ByteReader& reader, std::string_view what, std::int64_t entry) {
  const std::size_t offset = reader.offset();
  HEARTH_TRY(const auto n_bytes, reader.read<std::uint32_t>(fmt::format("the length of {} {}", what, entry)));
  if (n_bytes > kMaxTokenBytes) {
    return std::unexpected(corrupt(fmt::format("{} {} at byte {}: at most {} bytes are expected, found {}", what, entry,
                                               offset, kMaxTokenBytes, n_bytes)));
  }
  return reader.take_text(n_bytes, fmt::format("{} {}", what, entry));
}

// The bytes that UTF-8 of code points below 256 stands for; text that is anything else stays as it is.
std::string bytes_of_code_points(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
      continue;
    }
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead != 0xC2 && lead != 0xC3) || (next & 0xC0U) != 0x80) {
      return std::string(text);
    }
    bytes += static_cast<char>(((lead & 0x03U) << 6U) | (next & 0x3FU));
    ++i;
  }
  return bytes;
}

bool has_scores(const GgmlLayout& layout, const GgmlContainer& container) {
  return layout.scores == GgmlScores::kAlways ||
         (layout.scores == GgmlScores::kIfVersioned && container.magic != GgmlMagic::kGgml);
}

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::string> merges;
};

// With `vocabulary` null everything is checked and nothing stored.
Status read_tokens(base::ByteReader& reader, const GgmlLayout& layout, bool with_scores, std::int64_t n_tokens,
                   Vocabulary* vocabulary) {
  const std::size_t min_bytes = with_scores ? 8 : 4;
  if (static_cast<std::uint64_t>(n_tokens) > reader.remaining() / min_bytes) {
    return std::unexpected(corrupt(
        fmt::format("{} vocabulary entries do not fit into the {} bytes that are left", n_tokens, reader.remaining())));
  }
  for (std::int64_t i = 0; i < n_tokens; ++i) {
    HEARTH_TRY(const std::string_view token, read_text(reader, "vocabulary entry", i));
    float score = 0.0F;
    if (with_scores) {
      HEARTH_TRY(score, reader.read<float>(fmt::format("the score of vocabulary entry {}", i)));
    }
    if (vocabulary != nullptr) {
      vocabulary->tokens.push_back(layout.has_code_points ? bytes_of_code_points(token) : std::string(token));
      if (with_scores) {
        vocabulary->scores.push_back(score);
      }
    }
  }
  return {};
}

// Kept as "left right": neither half has a space, since a space is written as another character there.
Status read_merges(base::ByteReader& reader, Vocabulary* vocabulary) {
  HEARTH_TRY(const auto n_merges, reader.read<std::uint32_t>("the number of merges"));
  if (n_merges > reader.remaining() / 8) {
    return std::unexpected(
        corrupt(fmt::format("{} merges do not fit into the {} bytes that are left", n_merges, reader.remaining())));
  }
  for (std::uint32_t i = 0; i < n_merges; ++i) {
    HEARTH_TRY(const std::string_view left, read_text(reader, "the left half of merge", i));
    HEARTH_TRY(const std::string_view right, read_text(reader, "the right half of merge", i));
    if (vocabulary != nullptr) {
      vocabulary->merges.push_back(fmt::format("{} {}", left, right));
    }
  }
  return {};
}

Status read_after_magic(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container,
                        Metadata& metadata, Vocabulary* vocabulary) {
  HEARTH_TRY_VOID(read_fields(reader, layout, metadata));
  HEARTH_TRY(const std::int64_t n_tokens, metadata.require_integer("ggml.n_vocab"));
  if (layout.repeats_vocab_size) {
    const std::size_t offset = reader.offset();
    HEARTH_TRY(const auto again, reader.read<std::int32_t>("the size of the vocabulary"));
    if (again != n_tokens) {
      return std::unexpected(corrupt(fmt::format(
          "the size of the vocabulary at byte {} should be n_vocab, {}, found {}", offset, n_tokens, again)));
    }
  }
  HEARTH_TRY_VOID(read_tokens(reader, layout, has_scores(layout, container), n_tokens, vocabulary));
  return layout.has_merges ? read_merges(reader, vocabulary) : Status{};
}

}  // namespace

bool occurs_in(const GgmlLayout& layout, const GgmlContainer& container) {
  switch (layout.containers) {
    case GgmlContainers::kGgml:
      return container.magic == GgmlMagic::kGgml;
    case GgmlContainers::kGgmlToGgjt:
      return container.magic != GgmlMagic::kGgcc;
    case GgmlContainers::kGgcc:
      return container.magic == GgmlMagic::kGgcc;
  }
  return false;
}

Result<Metadata> read_ggml_header(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container) {
  Metadata metadata;
  Vocabulary vocabulary;
  HEARTH_TRY_VOID(read_after_magic(reader, layout, container, metadata, &vocabulary));
  metadata.set("general.architecture", {std::string(layout.architecture)});
  metadata.set("ggml.tokens", {std::move(vocabulary.tokens)});
  if (has_scores(layout, container)) {
    metadata.set("ggml.scores", {std::move(vocabulary.scores)});
  }
  if (layout.has_merges) {
    metadata.set("ggml.merges", {std::move(vocabulary.merges)});
  }
  return metadata;
}

Status skip_ggml_header(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container) {
  Metadata metadata;
  return read_after_magic(reader, layout, container, metadata, nullptr);
}

}  // namespace hearth::formats
