// GgufBuilder: the bytes of small GGUF files, right or wrong, for the reader's tests.
//
// It writes what it is told, field by field, so that a test can break exactly one of them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/gguf.h"
#include "formats/gguf_values.h"
#include "formats/test_files.h"

namespace hearth::formats {

class GgufBuilder {
 public:
  explicit GgufBuilder(std::uint32_t version = 3) : version_(version) {}

  template <typename T>
  GgufBuilder& put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  void put_length(std::string& out, std::uint64_t value) {
    if (version_ == 1) {
      put(out, static_cast<std::uint32_t>(value));
    } else {
      put(out, value);
    }
  }
  void put_string(std::string& out, std::string_view text) {
    put_length(out, text.size());
    out.append(text);
  }

  // A metadata entry whose value bytes (after the type id) are given.
  GgufBuilder& raw(std::string_view key, GgufType type, std::string_view value) {
    put_string(keys_, key);
    put(keys_, type);
    keys_.append(value);
    ++n_keys_;
    return *this;
  }
  template <typename T>
  GgufBuilder& scalar(std::string_view key, GgufType type, T value) {
    std::string bytes;
    put(bytes, value);
    return raw(key, type, bytes);
  }
  GgufBuilder& text(std::string_view key, std::string_view value) {
    std::string bytes;
    put_string(bytes, value);
    return raw(key, GgufType::kString, bytes);
  }
  template <typename T>
  GgufBuilder& array(std::string_view key, GgufType element, const std::vector<T>& values) {
    std::string bytes;
    put(bytes, element);
    put_length(bytes, values.size());
    for (const T value : values) {
      put(bytes, value);
    }
    return raw(key, GgufType::kArray, bytes);
  }

  // A tensor info; ne is fastest first, as in the file.
  GgufBuilder& tensor(std::string_view name, const std::vector<std::uint64_t>& ne, std::uint32_t type,
                      std::uint64_t offset) {
    put_string(tensors_, name);
    put(tensors_, static_cast<std::uint32_t>(ne.size()));
    for (const std::uint64_t extent : ne) {
      put_length(tensors_, extent);
    }
    put(tensors_, type);
    put(tensors_, offset);
    ++n_tensors_;
    return *this;
  }
  GgufBuilder& data(std::size_t n_bytes) {
    data_.assign(n_bytes, '\x01');
    return *this;
  }
  GgufBuilder& alignment(std::size_t alignment) {
    alignment_ = alignment;
    return *this;
  }
  GgufBuilder& counts(std::uint64_t n_tensors, std::uint64_t n_keys) {
    n_tensors_ = n_tensors;
    n_keys_ = n_keys;
    return *this;
  }

  std::string bytes() {
    std::string out = "GGUF";
    put(out, version_);
    put_length(out, n_tensors_);
    put_length(out, n_keys_);
    out += keys_ + tensors_;
    if (!data_.empty()) {
      out.resize((out.size() + alignment_ - 1) / alignment_ * alignment_, '\0');
      out += data_;
    }
    return out;
  }

 private:
  std::uint32_t version_;
  std::uint64_t n_keys_ = 0;
  std::uint64_t n_tensors_ = 0;
  std::size_t alignment_ = 32;
  std::string keys_;
  std::string tensors_;
  std::string data_;
};

// Reads one file from memory; the text must outlive the result.
inline Result<Checkpoint> read_one(std::string_view text) {
  const NamedBytes part{"test.gguf", as_span(text)};
  return read_gguf({&part, 1});
}

}  // namespace hearth::formats
