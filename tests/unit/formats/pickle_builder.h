// PickleBuilder: the bytes of small pickles and ZIP archives, right or wrong, for the readers' tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth::formats {

class PickleBuilder {
 public:
  template <typename T>
  PickleBuilder& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  PickleBuilder& raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  PickleBuilder& proto() { return raw("\x80\x02"); }
  PickleBuilder& text(std::string_view value) {
    raw("X").number(static_cast<std::uint32_t>(value.size()));
    return raw(value);
  }
  PickleBuilder& integer(std::int64_t value) { return raw("\x8a\x08").number(value); }
  PickleBuilder& global(std::string_view module, std::string_view name) {
    return raw("c").raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleBuilder& integers(const std::vector<std::int64_t>& values) {
    raw("(");
    for (const std::int64_t value : values) {
      integer(value);
    }
    return raw("t");
  }
  PickleBuilder& storage(std::string_view type, std::string_view key, std::int64_t n_elements) {
    return raw("(").text("storage").global("torch", type).text(key).text("cpu").integer(n_elements).raw("tQ");
  }
  // The storage must have been described by `storage` before: REDUCE of _rebuild_tensor_v2.
  PickleBuilder& tensor(const PickleBuilder& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& strides) {
    global("torch._utils", "_rebuild_tensor_v2").raw("(").raw(storage.bytes_).integer(offset);
    return integers(shape).integers(strides).raw("\x89").global("collections", "OrderedDict").raw(")RtR");
  }
  PickleBuilder& stop() { return raw("."); }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

inline PickleBuilder pickled_storage(std::string_view type, std::string_view key, std::int64_t n_elements) {
  return std::move(PickleBuilder().storage(type, key, n_elements));
}

// A ZIP archive of stored members; their CRCs are 0.
inline std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members,
                             std::uint16_t method = 0) {
  PickleBuilder file;
  PickleBuilder directory;
  for (const auto& [name, content] : members) {
    const auto offset = static_cast<std::uint32_t>(file.bytes().size());
    PickleBuilder common;
    common.number<std::uint16_t>(20).number<std::uint16_t>(0).number(method).number<std::uint32_t>(0);
    common.number<std::uint32_t>(0).number(static_cast<std::uint32_t>(content.size()));
    common.number(static_cast<std::uint32_t>(content.size())).number(static_cast<std::uint16_t>(name.size()));
    common.number<std::uint16_t>(0);
    file.raw("PK\x03\x04").raw(common.bytes()).raw(name).raw(content);
    directory.raw("PK\x01\x02").number<std::uint16_t>(20).raw(common.bytes());
    directory.number<std::uint16_t>(0).number<std::uint16_t>(0).number<std::uint16_t>(0).number<std::uint32_t>(0);
    directory.number(offset).raw(name);
  }
  const auto begin = static_cast<std::uint32_t>(file.bytes().size());
  const auto n = static_cast<std::uint16_t>(members.size());
  file.raw(directory.bytes()).raw("PK\x05\x06").number<std::uint32_t>(0).number(n).number(n);
  file.number(static_cast<std::uint32_t>(directory.bytes().size())).number(begin).number<std::uint16_t>(0);
  return file.bytes();
}

}  // namespace hearth::formats
