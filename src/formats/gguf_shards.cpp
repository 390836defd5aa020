#include "formats/gguf_shards.h"

#include <fmt/format.h>

#include <utility>

namespace hearth::formats {
Status check_gguf_shard(const Metadata& metadata, std::size_t index, std::size_t count) {
  if (!metadata.contains("split.count")) {
    if (count == 1) {
      return {};
    }
    return fail(ErrorCode::kCorruptFile,
                fmt::format("the key split.count is missing in shard {} of {}", index + 1, count));
  }
  HEARTH_TRY(const std::int64_t split_count, metadata.require_integer("split.count"));
  // Tools that join shards may leave the keys behind with a count of 0 or 1.
  if (split_count <= 1 && count == 1) {
    return {};
  }
  if (!std::in_range<std::size_t>(split_count) || static_cast<std::size_t>(split_count) != count) {
    return fail(ErrorCode::kCorruptFile,
                count == 1
                    ? fmt::format("it is one of {} shards, so its name must end in -00001-of-{:05}.gguf, with the "
                                  "others beside it",
                                  split_count, split_count)
                    : fmt::format("split.count is {}, but there are {} files", split_count, count));
  }
  HEARTH_TRY(const std::int64_t split_no, metadata.require_integer("split.no"));
  if (split_no != static_cast<std::int64_t>(index)) {
    return fail(ErrorCode::kCorruptFile, fmt::format("split.no must be {} in this file, found {}", index, split_no));
  }
  return {};
}

}  // namespace hearth::formats
