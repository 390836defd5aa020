// GgmlBuilder: the bytes of small ggml files of 2023, right or wrong, for the readers' tests.
//
// It writes what it is told, field by field, so that a test can break exactly one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::formats {

constexpr std::uint32_t kGgmlMagic = 0x67676d6c;
constexpr std::uint32_t kGgmfMagic = 0x67676d66;
constexpr std::uint32_t kGgjtMagic = 0x67676a74;
constexpr std::uint32_t kGgccMagic = 0x67676363;

class GgmlBuilder {
 public:
  template <typename T>
  GgmlBuilder& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  GgmlBuilder& ints(const std::vector<std::int32_t>& values) {
    for (const std::int32_t value : values) {
      put(value);
    }
    return *this;
  }
  GgmlBuilder& text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  GgmlBuilder& raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  // What stands before a tensor's data; ne is fastest first, as in the file.
  GgmlBuilder& head(std::string_view name, std::uint32_t encoding, const std::vector<std::int32_t>& ne) {
    put(static_cast<std::uint32_t>(ne.size()));
    put(static_cast<std::uint32_t>(name.size()));
    put(encoding);
    return ints(ne).raw(name);
  }
  GgmlBuilder& align(std::size_t alignment) {
    bytes_.append((alignment - bytes_.size() % alignment) % alignment, '\0');
    return *this;
  }
  // A whole tensor of F32 numbers: 0, 1, 2, … plus `first`.
  GgmlBuilder& f32_tensor(std::string_view name, const std::vector<std::int32_t>& ne, float first = 0.0F,
                          std::size_t alignment = 1) {
    head(name, 0, ne).align(alignment);
    std::int64_t n = 1;
    for (const std::int32_t extent : ne) {
      n *= extent;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      put(first + static_cast<float>(i));
    }
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A LLaMA model of one layer in the container of `magic` (version 0: none): n_vocab 3, n_embd 4, one head.
inline GgmlBuilder tiny_llama(std::uint32_t magic, std::uint32_t version, std::int32_t n_vocab = 3) {
  GgmlBuilder builder;
  builder.put(magic);
  if (version != 0) {
    builder.put(version);
  }
  builder.ints({n_vocab, 4, 2, 1, 1, 4, 0});
  for (const char* token : {"a", "b", "ab"}) {
    builder.text(token);
    if (version != 0) {
      builder.put(-1.0F);
    }
  }
  const std::size_t alignment = magic == kGgjtMagic ? 32 : 1;
  builder.f32_tensor("tok_embeddings.weight", {4, 3}, 0.0F, alignment);
  builder.f32_tensor("norm.weight", {4}, 0.0F, alignment);
  builder.f32_tensor("layers.0.attention.wq.weight", {4, 4}, 0.0F, alignment);
  return builder;
}

}  // namespace hearth::formats
