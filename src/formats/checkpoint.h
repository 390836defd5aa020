// Checkpoint: what every container reader yields, metadata plus named views of tensors in mapped files.
//
// Names, shapes and metadata are those of the file; the tensor-name tables of model/families map them. A reader has
// checked every length against the file before a Checkpoint exists, so views may be read without further checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "quant/block_type.h"

namespace hearth::formats {

// A view of one tensor. shape is row-major and outermost first, [out, in] for a matrix: the reverse of ggml's ne.
struct TensorView {
  std::string name;
  quant::BlockType type{};
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  int file_index = 0;  // into Checkpoint::files, for release(); -1: the bytes are in Checkpoint::owned

  std::int64_t n_elements() const;
  std::int64_t n_cols() const { return shape.empty() ? 1 : shape.back(); }  // the contiguous dimension
  std::int64_t n_rows() const { return n_elements() / (n_cols() == 0 ? 1 : n_cols()); }
};

// Metadata values of GGUF keys and of config.json: integers of every width are kept as int64 or uint64.
struct MetadataValue;
using MetadataArray = std::vector<MetadataValue>;
struct MetadataValue {
  // String and number arrays are kept flat: a vocabulary of 256k tokens must not become 256k variants.
  std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>,
               std::vector<std::int64_t>, std::vector<float>, MetadataArray>
      value;
};

class Metadata {
 public:
  void set(std::string key, MetadataValue value);
  bool contains(std::string_view key) const;
  const MetadataValue* find(std::string_view key) const;

  // Typed access. An integer of any width and sign that fits is an integer; a missing key is nullopt, a value of
  // another type too (the error for a wrong type is made by require_*).
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  // integers count as numbers
  std::optional<bool> boolean(std::string_view key) const;   // integers 0 and 1 count too
  std::optional<std::string_view> text(std::string_view key) const;
  const std::vector<std::string>* texts(std::string_view key) const;
  const std::vector<std::int64_t>* integers(std::string_view key) const;
  const std::vector<float>* floats(std::string_view key) const;

  // corrupt_file naming key, expected and found type.
  Result<std::int64_t> require_integer(std::string_view key) const;
  Result<std::string_view> require_text(std::string_view key) const;

  const std::map<std::string, MetadataValue, std::less<>>& entries() const { return entries_; }

 private:
  std::map<std::string, MetadataValue, std::less<>> entries_;
};

// Whose names the tensors and metadata keys of a checkpoint follow.
enum class Convention : std::uint8_t {
  kGguf,  // general.architecture, blk.N.…
  kHf,    // safetensors and torch files with a config.json; its nested keys are joined by "."
  kGgml,  // the ggml, ggmf and ggjt files of 2023; header fields are ggml.<field>, general.architecture is set
  kRwkv,  // RWKV's .pth state dicts and the files of rwkv.cpp; rwkv.version is set
};

// One opened model. Movable, not copyable: the views point into `files` and `owned`.
struct Checkpoint {
  std::string container;  // "GGUF v3", …: for messages and `hearth show`
  Convention convention = Convention::kGguf;
  std::filesystem::path path;  // what was opened, a file or a folder: where companion files are looked for
  std::vector<base::MappedFile> files;
  std::deque<std::vector<std::byte>> owned;  // tensors that the reader had to rewrite, such as transposed views
  Metadata metadata;
  std::vector<TensorView> tensors;  // in file order

  const TensorView* find(std::string_view name) const;
  std::int64_t tensor_bytes() const;
  // Gives the pages of a part of a tensor back to the system; its bytes stay readable.
  void release(const TensorView& tensor, std::span<const std::byte> part) const {
    if (tensor.file_index >= 0) {
      files[static_cast<std::size_t>(tensor.file_index)].release(part);
    }
  }
  void release(const TensorView& tensor) const { release(tensor, tensor.bytes); }

  // Frees a tensor that the reader had to rewrite: neither its bytes nor those of a view of the same ones may be read
  // again. Tensors in files are left as they are, and a view of a part frees nothing.
  void discard(const TensorView& tensor);

  // Called once by the reader when all tensors are known; find() needs it. corrupt_file when two share a name.
  Status index_tensors();

 private:
  std::map<std::string, std::size_t, std::less<>> index_;
};

// Opens a model file, the first shard, or a folder, by looking at its first bytes.
// Errors: not_found, corrupt_file (what is wrong and where), unsupported (a format this build does not read, by name).
Result<Checkpoint> open_checkpoint(const std::filesystem::path& path);

}  // namespace hearth::formats
