#include "formats/ggml_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "formats/ggml_encodings.h"
#include "formats/ggml_header.h"
#include "formats/ggml_layouts.h"
#include "formats/ggml_records.h"

namespace hearth::formats {
namespace {

Error corrupt(std::string message) {
  return {ErrorCode::kCorruptFile, std::move(message), {}};
}

// Header, vocabulary and the first tensor's name. The reader ends where this layout stopped to fit.
Status check_layout(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container) {
  HEARTH_TRY_VOID(skip_ggml_header(reader, layout, container));
  if (reader.remaining() == 0) {
    return std::unexpected(corrupt("the file ends after the vocabulary, without any tensor"));
  }
  HEARTH_TRY(const GgmlRecordHead head, read_ggml_record_head(reader, 0));
  const auto is_prefix = [&](std::string_view prefix) { return head.name.starts_with(prefix); };
  if (std::ranges::none_of(layout.prefixes, is_prefix)) {
    return std::unexpected(corrupt(fmt::format("the first tensor is {}, which no such model has", head.name)));
  }
  return {};
}

Result<GgmlPart> read_by_layout(base::ByteReader reader, const GgmlLayout& layout, const GgmlContainer& container) {
  GgmlPart part{.container = container, .metadata = {}, .tensors = {}};
  HEARTH_TRY(part.metadata, read_ggml_header(reader, layout, container));
  const GgmlRecordRules rules{.encoding = ggml_encodings(container, part.metadata.integer("ggml.ftype").value_or(0)),
                              .alignment = container.alignment()};
  HEARTH_TRY(part.tensors, read_ggml_records(reader, rules));
  return part;
}

bool has_tensor(const GgmlPart& part, std::string_view name) {
  return std::ranges::any_of(part.tensors, [&](const TensorView& tensor) { return tensor.name == name; });
}

// StarCoder's files are GPT-2's in every number and name; its vocabulary has tokens for filling in the middle.
void tell_starcoder(Metadata& metadata) {
  const auto is_fill = [](const std::string& token) { return token == "<fim_prefix>" || token == "<fim-prefix>"; };
  const auto* tokens = metadata.texts("ggml.tokens");
  if (metadata.text("general.architecture") == "gpt2" && tokens != nullptr && std::ranges::any_of(*tokens, is_fill)) {
    metadata.set("general.architecture", {std::string("starcoder")});
  }
}

// Of the layouts that did not fit, the one that made sense of most bytes says best what is wrong.
struct Misfit {
  const GgmlLayout* layout = nullptr;
  std::size_t reached = 0;
  Error error;
};

class PartReader {
 public:
  PartReader(const base::ByteReader& after_magic, const GgmlContainer& container)
      : after_magic_(after_magic), container_(container) {}

  // The part, if the file has this layout.
  std::optional<GgmlPart> read(const GgmlLayout& layout) {
    base::ByteReader reader = after_magic_;
    if (auto status = check_layout(reader, layout, container_); !status) {
      note(layout, reader.offset(), std::move(status).error());
      return std::nullopt;
    }
    auto part = read_by_layout(after_magic_, layout, container_);
    if (!part) {
      note(layout, reader.offset() + reader.remaining(), std::move(part).error());
      return std::nullopt;
    }
    if (!has_tensor(*part, layout.marker)) {
      note(layout, reader.offset(), corrupt(fmt::format("tensor {} is missing", layout.marker)));
      return std::nullopt;
    }
    return *std::move(part);
  }

  std::unexpected<Error> misfit() {
    misfit_.error.message =
        fmt::format("{}: read as {}: {}", to_string(container_), misfit_.layout->architecture, misfit_.error.message);
    return std::unexpected(std::move(misfit_.error));
  }

 private:
  void note(const GgmlLayout& layout, std::size_t reached, Error error) {
    if (misfit_.layout == nullptr || reached > misfit_.reached) {
      misfit_ = {&layout, reached, std::move(error)};
    }
  }

  base::ByteReader after_magic_;
  GgmlContainer container_;
  Misfit misfit_;
};

}  // namespace

Result<GgmlPart> parse_ggml_part(std::span<const std::byte> bytes) {
  base::ByteReader reader(bytes);
  HEARTH_TRY(const GgmlContainer container, read_ggml_container(reader));
  PartReader parts(reader, container);
  for (const GgmlLayout& layout : ggml_layouts()) {
    if (!occurs_in(layout, container)) {
      continue;
    }
    if (auto part = parts.read(layout)) {
      tell_starcoder(part->metadata);
      return *std::move(part);
    }
  }
  return parts.misfit();
}

}  // namespace hearth::formats
