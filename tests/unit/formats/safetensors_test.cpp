#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "formats/safetensors_builder.h"
#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using quant::BlockType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Error error_of(const std::string& bytes) {
  const auto tensors = parse_safetensors(as_span(bytes));
  return tensors ? Error{ErrorCode::kInternal, "it was read", {}} : tensors.error();
}

// The error for a file with one tensor `a` that has these fields, and eight bytes of data.
Error error_of_fields(const std::string& fields) {
  return error_of(safetensors_bytes("{\"a\":{" + fields + "}}", "01234567"));
}

const std::string kTwo = R"({"__metadata__":{"format":"pt","nested":[{"x":1}]},)"
                         R"("b":{"dtype":"F16","shape":[2,1],"data_offsets":[4,8]},)"
                         R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                         R"("empty":{"dtype":"I32","shape":[0,3],"data_offsets":[8,8]}}   )";

TEST(Safetensors, ReadsTensorsInTheOrderOfTheHeader) {
  const std::string bytes = safetensors_bytes(kTwo, "01234567");
  const auto tensors = parse_safetensors(as_span(bytes));
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->size(), 3U);
  EXPECT_EQ(tensors->at(0).name, "b");
  EXPECT_EQ(tensors->at(0).type, BlockType::kF16);
  EXPECT_THAT(tensors->at(0).shape, ElementsAre(2, 1));
  EXPECT_EQ(tensors->at(0).bytes.data(), as_span(bytes).data() + bytes.size() - 4);
  EXPECT_EQ(tensors->at(1).type, BlockType::kF32);
  EXPECT_THAT(tensors->at(1).shape, IsEmpty());
  EXPECT_EQ(tensors->at(1).bytes.size(), 4U);
  EXPECT_EQ(tensors->at(2).n_elements(), 0);
  EXPECT_TRUE(tensors->at(2).bytes.empty());
}

TEST(Safetensors, TruncationAtEveryByteIsAnError) {
  const std::string bytes = safetensors_bytes(kTwo, "01234567");
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Error error = error_of(bytes.substr(0, n));
    EXPECT_EQ(error.code, ErrorCode::kCorruptFile) << n << ": " << error.message;
  }
  EXPECT_THAT(error_of(bytes.substr(0, bytes.size() - 1)).message,
              HasSubstr("tensor b: the data from 4 to 8 does not"));
}

TEST(Safetensors, RefusesHeadersOfEveryWrongLength) {
  EXPECT_THAT(error_of(safetensors_bytes("{}", "", 100'000'001)).message, HasSubstr("at most 100000000 bytes"));
  EXPECT_THAT(error_of(safetensors_bytes("{}", "", UINT64_MAX)).message, HasSubstr("at most"));
  EXPECT_THAT(error_of(safetensors_bytes("{}", "", 0)).message, HasSubstr("JSON"));
  EXPECT_THAT(error_of(safetensors_bytes("{}", "", 1)).message, HasSubstr("JSON"));
  EXPECT_THAT(error_of(safetensors_bytes("{}", "", 3)).message, HasSubstr("has only 2 left"));
}

TEST(Safetensors, RefusesHeadersThatAreNoObjectOfTensors) {
  for (const char* header : {"[]",
                             "1",
                             "null",
                             R"({"a":[]})",
                             R"({"a":1})",
                             R"({"a":null})",
                             R"({"__metadata__":1})",
                             R"({"a":{"dtype":1}})",
                             R"({"a":{"dtype":["F32"]}})",
                             R"({"a":{"shape":1}})",
                             R"({"a":{"shape":{}}})",
                             R"({"a":{"shape":[[1]]}})",
                             R"({"a":{"shape":["1"]}})",
                             R"({"a":{"shape":[-1]}})",
                             R"({"a":{"shape":[1.5]}})",
                             R"({"a":{"shape":[{}]}})",
                             R"({"a":{"other":"x"}})",
                             R"({"a":{"data_offsets":[0,1,2]}})",
                             R"({"":{}})",
                             R"({"a":{}})",
                             R"({"a":{"dtype":"F32","shape":[1]}})"}) {
    const Error error = error_of(safetensors_bytes(header, "0123"));
    EXPECT_EQ(error.code, ErrorCode::kCorruptFile) << header << ": " << error.message;
  }
  EXPECT_THAT(error_of(safetensors_bytes(R"({"a":{"dtype":"F32"},"a":{}})")).message, HasSubstr("appears twice"));
  EXPECT_THAT(error_of(safetensors_bytes(std::string(100, '['))).message, HasSubstr("object"));
}

TEST(Safetensors, RefusesWrongExtents) {
  EXPECT_THAT(error_of_fields(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])").message,
              HasSubstr("tensor a: shape [3] of F32 takes 12 bytes, but data_offsets give 8"));
  EXPECT_THAT(error_of_fields(R"("dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8])").message,
              HasSubstr("too large"));
  EXPECT_THAT(error_of_fields(R"("dtype":"I8","shape":[4294967296,4294967296],"data_offsets":[0,8])").message,
              HasSubstr("overflows"));
  // 0 elements, but a view that multiplies the others would overflow.
  EXPECT_THAT(error_of_fields(R"("dtype":"I8","shape":[4294967296,4294967296,0],"data_offsets":[0,0])").message,
              HasSubstr("overflows"));
  EXPECT_THAT(error_of_fields(R"("dtype":"I8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1])").message,
              HasSubstr("at most 8 dimensions"));
}

TEST(Safetensors, RefusesWrongOffsets) {
  EXPECT_THAT(error_of_fields(R"("dtype":"F32","shape":[1],"data_offsets":[8,4])").message, HasSubstr("from 8 to 4"));
  EXPECT_THAT(error_of_fields(R"("dtype":"F32","shape":[1],"data_offsets":[8,12])").message, HasSubstr("from 8 to 12"));
  EXPECT_THAT(error_of_fields(R"("dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,0])").message,
              HasSubstr("does not lie inside"));
  EXPECT_EQ(error_of_fields(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])").code, ErrorCode::kCorruptFile);
  EXPECT_EQ(error_of_fields(R"("dtype":"F32","shape":[1],"data_offsets":[0])").code, ErrorCode::kCorruptFile);
  const std::string overlap = R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},)"
                              R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})";
  EXPECT_THAT(error_of(safetensors_bytes(overlap, "01234567")).message, HasSubstr("tensors a and b overlap at byte 4"));
}

TEST(Safetensors, NamesTheDtypeThatItDoesNotRead) {
  const Error error = error_of_fields(R"("dtype":"F4","shape":[16],"data_offsets":[0,8])");
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("tensor a: the dtype F4 is not read"));
}

TEST(Safetensors, DtypesHaveTheirWidth) {
  const std::pair<const char*, int> widths[] = {{"F64", 8}, {"F32", 4}, {"F16", 2},  {"BF16", 2},    {"I64", 8},
                                                {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
                                                {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  for (const auto& [dtype, n_bytes] : widths) {
    const auto type = block_type_from_dtype(dtype);
    ASSERT_TRUE(type) << dtype;
    EXPECT_EQ(quant::info(*type).block_bytes, n_bytes) << dtype;
    EXPECT_EQ(quant::info(*type).block_size, 1) << dtype;
  }
  EXPECT_FALSE(block_type_from_dtype("F8_E8M0"));
  EXPECT_FALSE(block_type_from_dtype(""));
}

}  // namespace
}  // namespace hearth::formats
