#include "formats/torch_legacy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "formats/pickle_builder.h"
#include "formats/test_files.h"
#include "formats/torch_zip.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

const std::string kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const std::string kProtocol = "\x80\x02M\xe9\x03.";

std::string facts(const char* little_endian) {
  return PickleBuilder().proto().raw("}").text("little_endian").raw(little_endian).raw("s.").bytes();
}

std::string object(std::int64_t n_stored = 2) {
  PickleBuilder builder;
  builder.proto().raw("}").text("w").tensor(pickled_storage("ShortStorage", "140", n_stored), 0, {2}, {1});
  return builder.raw("s.").bytes();
}

std::string keys(const char* key) {
  return PickleBuilder().proto().raw("](").text(key).raw("e.").bytes();
}

std::string storage(std::int64_t n_elements, std::string_view data) {
  return PickleBuilder().number(n_elements).raw(data).bytes();
}

std::string message_of(const std::string& bytes) {
  const auto tensors = read_torch_legacy(as_span(bytes));
  return tensors ? "it was read" : tensors.error().message;
}

const std::string kWhole = kMagic + kProtocol + facts("\x88") + object() + keys("140") + storage(2, "abcd");

TEST(TorchLegacy, ReadsPicklesAndStorages) {
  const auto tensors = read_torch_legacy(as_span(kWhole));
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->tensors.size(), 1U);
  EXPECT_EQ(tensors->tensors[0].type, quant::BlockType::kI16);
  EXPECT_EQ(tensors->tensors[0].bytes.data(), as_span(kWhole).data() + kWhole.size() - 4);
}

TEST(TorchLegacy, TruncationAtEveryByteIsAnError) {
  for (std::size_t n = 0; n < kWhole.size(); ++n) {
    EXPECT_FALSE(read_torch_legacy(as_span(kWhole.substr(0, n)))) << n;
  }
}

TEST(TorchLegacy, SaysWhatIsWrong) {
  const std::string head = kMagic + kProtocol + facts("\x88");
  EXPECT_THAT(message_of("K\x01."), HasSubstr("its magic number is missing"));
  EXPECT_THAT(message_of("\x8a\x0a"s + "0123456789."), HasSubstr("its magic number is missing"));
  EXPECT_THAT(message_of(kMagic + "K\x05."), HasSubstr("the protocol 1001 of old PyTorch files is read, found 5"));
  EXPECT_THAT(message_of(kMagic + kProtocol + facts("\x89")), HasSubstr("big-endian"));
  EXPECT_THAT(message_of(kMagic + kProtocol + "N."), HasSubstr("must be a dictionary"));
  EXPECT_THAT(message_of(head + "cos\nsystem\n."),
              HasSubstr("object: at byte 0 of the pickle: the pickle asks for os."));
  EXPECT_THAT(message_of(head + object() + "N."), HasSubstr("must be a list"));
  EXPECT_THAT(message_of(head + object() + keys("1")), HasSubstr("no tensor uses the storage \"1\""));
  EXPECT_THAT(message_of(head + object() + keys("140") + storage(-1, "abcd")), HasSubstr("has -1 elements"));
  EXPECT_THAT(message_of(head + object() + keys("140") + storage(INT64_MAX, "abcd")), HasSubstr("only 4 bytes left"));
  EXPECT_THAT(message_of(head + object() + keys("140") + storage(0, "")), HasSubstr("its storage 140 has 0 bytes"));
  EXPECT_THAT(message_of(head + object() + "](e."), HasSubstr("its storage 140 has 0 bytes"));
  EXPECT_THAT(message_of(head + object(INT64_MAX) + keys("140") + storage(2, "abcd")), HasSubstr("too few"));
}

TEST(TorchLegacy, AStorageHasOneType) {
  PickleBuilder two;
  two.raw("}(").text("a").tensor(pickled_storage("ByteStorage", "0", 1), 0, {1}, {1});
  two.text("b").tensor(pickled_storage("HalfStorage", "0", 1), 0, {1}, {1}).raw("u.");
  EXPECT_THAT(message_of(kMagic + kProtocol + facts("\x88") + two.bytes() + keys("0") + storage(1, "ab")),
              HasSubstr("storage 0 is named with two types"));
}

std::vector<float> values_of(const TensorView& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.n_elements()));
  quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  return values;
}

// Written by torch.save of PyTorch 2.7 in its old and its new form: the same dictionary of tensors, one of them
// transposed, a slice, a parameter, an empty one and one that is another under a second name.
TEST(TorchLegacy, HoldsWhatTheZipOfTheSameDictionaryHolds) {
  const auto corpus = std::filesystem::path(HEARTH_GOLDEN_FOLDER).parent_path().parent_path() / "fuzz" / "corpus";
  const auto old_file = base::MappedFile::open(corpus / "pickle" / "torch-legacy");
  const auto new_file = base::MappedFile::open(corpus / "torch_zip" / "torch-zip");
  ASSERT_TRUE(old_file && new_file);
  const auto old_form = read_torch_legacy(old_file->bytes());
  const auto new_form = read_torch_zip(new_file->bytes(), "torch-zip");
  ASSERT_TRUE(old_form) << old_form.error().message;
  ASSERT_TRUE(new_form) << new_form.error().message;
  ASSERT_EQ(old_form->tensors.size(), 10U);
  ASSERT_EQ(new_form->tensors.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    const TensorView& tensor = old_form->tensors[i];
    EXPECT_EQ(tensor.name, new_form->tensors[i].name);
    EXPECT_EQ(tensor.type, new_form->tensors[i].type);
    EXPECT_EQ(tensor.shape, new_form->tensors[i].shape);
    if (tensor.n_elements() > 0) {
      EXPECT_EQ(values_of(tensor), values_of(new_form->tensors[i])) << tensor.name;
    }
  }
  EXPECT_FLOAT_EQ(values_of(old_form->tensors[0])[1], -1.1523602F);
  EXPECT_FLOAT_EQ(values_of(old_form->tensors[1])[4], -1.1523602F);  // the transposed one
  EXPECT_EQ(old_form->owned.size(), 2U);
}

}  // namespace
}  // namespace hearth::formats
