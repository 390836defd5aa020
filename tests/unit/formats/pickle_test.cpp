#include "formats/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "formats/pickle_builder.h"
#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

// The document's texts point into `bytes`, which must outlive it.
Result<PickleDocument> read(const std::string& bytes) {
  return read_pickle(as_span(bytes));
}

std::string message_of(const PickleBuilder& builder) {
  const auto document = read(builder.bytes());
  return document ? "it was read" : document.error().message;
}

PickleBuilder whole_state_dict() {
  PickleBuilder builder;
  builder.proto().global("collections", "OrderedDict").raw(")Rq\x05(").text("w");
  builder.tensor(pickled_storage("HalfStorage", "0", 6), 1, {2, 2}, {2, 1});
  builder.text("meta").raw("h\x05u}").text("_metadata").raw("Ns").raw("b").stop();
  return builder;
}

TEST(Pickle, ReadsAStateDict) {
  const PickleBuilder builder = whole_state_dict();
  const std::string bytes = builder.bytes() + "more";
  const auto document = read(bytes);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->n_bytes(), builder.bytes().size());
  const PickleId root = document->root();
  ASSERT_EQ(document->kind(root), PickleKind::kDict);
  const auto& items = document->items(root);
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(document->text(items[0]), "w");
  EXPECT_EQ(items[3], root);  // a dictionary may hold itself
  ASSERT_EQ(document->kind(items[1]), PickleKind::kTensor);
  const PickledTensor& tensor = document->tensor(items[1]);
  EXPECT_EQ(tensor.storage.type, quant::BlockType::kF16);
  EXPECT_EQ(tensor.storage.key, "0");
  EXPECT_EQ(tensor.storage.n_elements, 6);
  EXPECT_EQ(tensor.offset, 1);
  EXPECT_THAT(tensor.shape, ElementsAre(2, 2));
  EXPECT_THAT(tensor.strides, ElementsAre(2, 1));
  EXPECT_EQ(document->storages().size(), 1U);
}

TEST(Pickle, TruncationAtEveryByteIsAnError) {
  const std::string bytes = whole_state_dict().bytes();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(read(bytes.substr(0, n))) << n;
  }
}

// No change of a single byte may do more than give an error or another document.
TEST(Pickle, EveryChangedByteIsSurvived) {
  const std::string bytes = whole_state_dict().bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char value : "\0\1\x7f\x80\xff(.Rtu"s) {
      std::string changed = bytes;
      changed[i] = value;
      const auto document = read(changed);
      EXPECT_TRUE(document || !document.error().message.empty());
    }
  }
}

TEST(Pickle, ReadsScalars) {
  const auto integer = [](const std::string& opcodes) {
    const auto document = read(opcodes + ".");
    return document ? document->integer(document->root()) : -999;
  };
  EXPECT_EQ(integer("K\xff"), 255);
  EXPECT_EQ(integer("M\x01\x02"), 513);
  EXPECT_EQ(integer("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(integer("\x8a\x00"s), 0);
  EXPECT_EQ(integer("\x8a\x01\xff"), -1);
  EXPECT_EQ(integer("\x8a\x02\xff\x00"s), 255);
  EXPECT_EQ(integer("\x88"), 1);
  EXPECT_EQ(integer("\x89"), 0);
  const std::string big = "\x8a\x09"s + "123456789" + ".";
  const auto document = read(big);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->kind(document->root()), PickleKind::kBigInteger);
  EXPECT_EQ(document->text(document->root()), "123456789");
  EXPECT_EQ(read("N.")->kind(0), PickleKind::kNone);
  EXPECT_EQ(read("G12345678.")->kind(0), PickleKind::kNumber);
}

TEST(Pickle, ReadsTheOpcodesOfLaterProtocols) {
  PickleBuilder builder;
  builder.raw("\x80\x04\x95").number<std::uint64_t>(5).raw("\x8c\x05torch\x94\x8c\x04Size\x94\x93");
  builder.raw("K\x01K\x02\x86\x85R.");
  const auto document = read(builder.bytes());
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->kind(document->root()), PickleKind::kTuple);
  EXPECT_EQ(document->items(document->root()).size(), 2U);
  EXPECT_THAT(message_of(PickleBuilder().raw("\x80\x06")), HasSubstr("protocols 2 to 5 are read, found 6"));
  EXPECT_THAT(message_of(PickleBuilder().raw("\x95").number<std::uint64_t>(1)), HasSubstr("a frame of 1 bytes"));
}

TEST(Pickle, NothingIsEverLookedUpOrCalled) {
  EXPECT_EQ(read("cos\nsystem\n.").error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(PickleBuilder().proto().global("os", "system")),
              HasSubstr("at byte 2 of the pickle: the pickle asks for os.system, which weights do not need"));
  EXPECT_THAT(message_of(PickleBuilder().text("builtins").text("eval").raw("\x93")),
              HasSubstr("asks for builtins.eval"));
  EXPECT_THAT(message_of(PickleBuilder().global("torch", "float16").raw(")R.")), HasSubstr("calls torch.float16"));
  EXPECT_THAT(message_of(PickleBuilder().global("torch", "FloatStorage").raw(")R.")), HasSubstr("FloatStorage"));
  for (const char* opcode :
       {"i", "o", "\x81", "\x92", "P", "\x82", "0", "2", "1", "I", "L", "V", "S", "\x8e", "\x8f"}) {
    EXPECT_THAT(message_of(PickleBuilder().raw(opcode)), HasSubstr("is not one that weights need")) << opcode;
  }
}

TEST(Pickle, RefusesWhatTheStackDoesNotHave) {
  for (const char* opcodes :
       {"t",    "\x85",  "\x86",  "\x87",  "a",  "e",   "s",   "u",    "q\x01", "\x94",  "R",
        "b",    ".",     "Q",     "(\x85", "(.", "(N.", "NN.", "]N(a", "N(Na",  "h\x01", "j\x01\x02\x03\x04",
        "}(Nu", "}(Ne",  "](NNu", "Na",    "Nb", "NR",  ")R",  "NNR",  "N)R",   "NQ",    ")Q",
        "\x93", "NN\x93"}) {
    EXPECT_EQ(read(opcodes).error().code, ErrorCode::kCorruptFile) << opcodes;
  }
}

TEST(Pickle, RefusesWrongStoragesAndTensors) {
  const PickleBuilder good = pickled_storage("FloatStorage", "0", 4);
  EXPECT_THAT(message_of(pickled_storage("FloatStorage", "0", -1)), HasSubstr("storage 0 has -1 elements"));
  EXPECT_THAT(message_of(pickled_storage("Size", "0", 1)), HasSubstr("torch.Size is no type of a storage"));
  EXPECT_THAT(message_of(PickleBuilder().raw("(").text("module").raw("NNNNtQ")), HasSubstr("a persistent id must be"));
  EXPECT_THAT(message_of(PickleBuilder().raw("(").text("storage").raw("NNNNtQ")), HasSubstr("the type of a storage"));
  const auto call = [&](const std::string& arguments) {
    return message_of(PickleBuilder().global("torch._utils", "_rebuild_tensor_v2").raw("(" + arguments + "tR."));
  };
  EXPECT_THAT(call(""), HasSubstr("4 to 7 arguments, found 0"));
  EXPECT_THAT(call("NNNN"), HasSubstr("the storage of a tensor is of the wrong type"));
  EXPECT_THAT(call(good.bytes() + "NNN"), HasSubstr("the offset of a tensor"));
  EXPECT_THAT(call(good.bytes() + "K\x01NN"), HasSubstr("the shape of a tensor"));
  EXPECT_THAT(call(good.bytes() + "K\x01N\x85N"), HasSubstr("the shape of a tensor"));
  EXPECT_THAT(call(good.bytes() + "K\x01K\x01\x85)"), HasSubstr("1 extents and 0 strides"));
  EXPECT_THAT(message_of(PickleBuilder().global("torch._utils", "_rebuild_parameter").raw("N\x85R.")),
              HasSubstr("a parameter is not made from a tensor"));
  EXPECT_THAT(message_of(PickleBuilder().global("torch", "Size").raw("N\x85R.")), HasSubstr("a size is not made"));
  EXPECT_THAT(message_of(PickleBuilder().global("collections", "OrderedDict").raw("]N\x61\x85R.")),
              HasSubstr("a list of pairs"));
}

TEST(Pickle, LimitsWhatFewBytesMayAskFor) {
  // A list of 3,000 pairs, turned into a dictionary again and again: 5 bytes each time.
  std::string bytes = "ccollections\nOrderedDict\nq\x01](";
  for (int i = 0; i < 3000; ++i) {
    bytes += "NN\x86";
  }
  bytes += "e\x85q\x02";
  for (int i = 0; i < 3000; ++i) {
    bytes += "h\x01h\x02R";
  }
  EXPECT_THAT(read(bytes).error().message, HasSubstr("items in its lists"));
  EXPECT_THAT(read(std::string(2'000'000, 'N')).error().message, HasSubstr("values are on the stack"));
  EXPECT_THAT(read(std::string(2'000'000, '(')).error().message, HasSubstr("marks are on the stack"));
}

}  // namespace
}  // namespace hearth::formats
