#include "formats/torch_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "formats/pickle_builder.h"
#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kData = "0123456789abcdef";

// The tensors of a dictionary whose entry "t" has these counts, over a storage of 16 bytes.
struct Case {
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::int64_t n_stored = 16;
  std::size_t max_owned_bytes = 1000;
};

Result<TorchTensors> collect_pickle(const PickleBuilder& builder, std::size_t max_owned_bytes = 1000) {
  const auto pickle = read_pickle(as_span(builder.bytes()));
  EXPECT_TRUE(pickle) << pickle.error().message;
  const auto find = [](const PickledStorage&) -> Result<std::span<const std::byte>> { return as_span(kData); };
  return collect_tensors(*pickle, find, max_owned_bytes);
}

Result<TorchTensors> collect(const Case& test) {
  PickleBuilder builder;
  builder.raw("}").text("t").tensor(pickled_storage("ByteStorage", "0", test.n_stored), test.offset, test.shape,
                                    test.strides);
  return collect_pickle(builder.raw("s."), test.max_owned_bytes);
}

std::string content(const Case& test) {
  const auto tensors = collect(test);
  if (!tensors) {
    return tensors.error().message;
  }
  const auto bytes = tensors->tensors.at(0).bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(TorchTensors, AContiguousTensorIsAViewOfItsStorage) {
  const auto tensors = collect({4, {2, 3}, {3, 1}});
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(tensors->tensors[0].name, "t");
  EXPECT_EQ(tensors->tensors[0].bytes.data(), as_span(kData).data() + 4);
  EXPECT_EQ(tensors->tensors[0].file_index, 0);
  EXPECT_TRUE(tensors->owned.empty());
  EXPECT_EQ(content({4, {2, 3}, {3, 1}}), "456789");
  EXPECT_EQ(content({15, {}, {}}), "f");
  // The stride of an extent of 1 says nothing.
  EXPECT_TRUE(collect({0, {1, 4}, {999, 1}})->owned.empty());
}

TEST(TorchTensors, OtherTensorsAreWrittenAnew) {
  const auto transposed = collect({0, {3, 2}, {1, 3}});
  ASSERT_TRUE(transposed) << transposed.error().message;
  EXPECT_EQ(transposed->tensors[0].file_index, -1);
  EXPECT_EQ(transposed->owned.size(), 1U);
  EXPECT_EQ(content({0, {3, 2}, {1, 3}}), "031425");
  EXPECT_EQ(content({1, {2, 2, 2}, {1, 4, 2}}), "13572468");
  EXPECT_EQ(content({0, {4}, {5}}), "05af");
  EXPECT_EQ(content({2, {2, 3}, {0, 1}}), "234234");
}

TEST(TorchTensors, EmptyTensorsNeedNoStorage) {
  EXPECT_EQ(content({0, {0, 7}, {7, 1}, 0}), "");
  EXPECT_EQ(content({16, {0}, {-5}}), "");
}

TEST(TorchTensors, RefusesWhatReachesBeyondTheStorage) {
  EXPECT_THAT(content({-1, {1}, {1}}), HasSubstr("tensor t: it begins at element -1 of a storage of 16"));
  EXPECT_THAT(content({17, {0}, {1}}), HasSubstr("it begins at element 17"));
  EXPECT_THAT(content({16, {1}, {1}}), HasSubstr("it begins at element 16"));
  EXPECT_THAT(content({16, {2}, {0}}), HasSubstr("reaches beyond the 0 elements"));
  EXPECT_THAT(content({15, {2}, {1}}), HasSubstr("shape [2] with strides [1] reaches beyond the 1 elements"));
  EXPECT_THAT(content({0, {4, 4}, {5, 1}}), HasSubstr("reaches beyond"));
  EXPECT_THAT(content({0, {2}, {-1}}), HasSubstr("reaches beyond"));
  EXPECT_THAT(content({0, {3}, {INT64_MAX}}), HasSubstr("reaches beyond"));
  EXPECT_THAT(content({0, {-1}, {1}}), HasSubstr("the shape [-1] is not possible"));
  EXPECT_THAT(content({0, {INT64_MAX}, {1}}), HasSubstr("is not possible"));
  EXPECT_THAT(content({0, {1L << 40, 1L << 40, 0}, {0, 0, 0}}), HasSubstr("is not possible"));
}

TEST(TorchTensors, BoundsWhatIsWrittenAnew) {
  EXPECT_THAT(content({0, {1L << 50}, {0}}), HasSubstr("takes more bytes than the file has"));
  EXPECT_EQ(content({0, {2, 2}, {0, 1}, 16, 4}), "0101");
  EXPECT_THAT(content({0, {2, 2}, {0, 1}, 16, 3}), HasSubstr("takes more bytes"));
}

TEST(TorchTensors, FindsTheDictionaryInsideOfAnother) {
  const PickleBuilder storage = pickled_storage("ByteStorage", "0", 4);
  PickleBuilder nested;
  nested.raw("}(").text("epoch").raw("K\x01").text("model").raw("}(").text("w").tensor(storage, 0, {4}, {1});
  nested.text("version").raw("K\x01").raw("K\x02").tensor(storage, 0, {4}, {1}).raw("uu.");
  const auto tensors = collect_pickle(nested);
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->tensors.size(), 1U);
  EXPECT_EQ(tensors->tensors[0].name, "w");
}

TEST(TorchTensors, WithoutADictionaryOfTensorsThereIsNoModel) {
  for (const char* opcodes : {"N.", "].", "}.", "K\x01."}) {
    EXPECT_THAT(collect_pickle(PickleBuilder().raw(opcodes)).error().message, HasSubstr("no dictionary of tensors"));
  }
  // A dictionary that holds itself is not followed for ever.
  EXPECT_FALSE(collect_pickle(PickleBuilder().raw("}q\x01").text("model").raw("h\x01s.")));
  EXPECT_FALSE(collect_pickle(
      PickleBuilder().raw("}").text("").tensor(pickled_storage("ByteStorage", "0", 4), 0, {4}, {1}).raw("s.")));
}

}  // namespace
}  // namespace hearth::formats
