#include "formats/torch_zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "formats/checkpoint.h"
#include "formats/pickle_builder.h"
#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

std::string state_dict(std::int64_t n_stored = 2) {
  PickleBuilder builder;
  builder.proto().raw("}").text("w").tensor(pickled_storage("FloatStorage", "7", n_stored), 0, {2}, {1});
  return builder.raw("s.").bytes();
}

using Members = std::vector<std::pair<std::string, std::string>>;

std::string message_of(const Members& members, std::uint16_t method = 0) {
  const std::string bytes = zip_bytes(members, method);
  const auto tensors = read_torch_zip(as_span(bytes), "model.bin");
  return tensors ? "it was read" : tensors.error().message;
}

TEST(TorchZip, ReadsAnArchiveOfAnyFolder) {
  const std::string bytes = zip_bytes({{"any/data.pkl", state_dict()},
                                       {"any/byteorder", "little"},
                                       {"any/data/7", "01234567"},
                                       {"any/version", "3\n"}});
  const auto tensors = read_torch_zip(as_span(bytes), "model.bin");
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->tensors.size(), 1U);
  EXPECT_EQ(tensors->tensors[0].type, quant::BlockType::kF32);
  EXPECT_EQ(tensors->tensors[0].bytes.data(), as_span(bytes).data() + bytes.find("01234567"));
}

TEST(TorchZip, TruncationAtEveryByteIsAnError) {
  const std::string bytes = zip_bytes({{"a/data.pkl", state_dict()}, {"a/data/7", "01234567"}});
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(read_torch_zip(as_span(bytes.substr(0, n)), "x")) << n;
  }
}

TEST(TorchZip, SaysWhatIsWrong) {
  EXPECT_THAT(message_of({{"a/x", "1"}}), HasSubstr("model.bin: the ZIP archive has no data.pkl"));
  EXPECT_THAT(message_of({{"data.pkl", state_dict()}}), HasSubstr("has no data.pkl"));
  EXPECT_THAT(message_of({{"a/data.pkl", state_dict()}, {"a/byteorder", "big"}}),
              HasSubstr("model.bin: the member byteorder must say \"little\", found \"big\""));
  EXPECT_THAT(message_of({{"a/data.pkl", state_dict()}, {"b/data/7", "01234567"}}),
              HasSubstr("model.bin: tensor w: its storage data/7 is missing"));
  EXPECT_THAT(message_of({{"a/data.pkl", state_dict()}, {"a/data/7", "0123456"}}),
              HasSubstr("tensor w: its storage data/7 has 7 bytes, too few for 2 elements of F32"));
  EXPECT_THAT(message_of({{"a/data.pkl", state_dict(INT64_MAX)}, {"a/data/7", "01234567"}}), HasSubstr("too few"));
  EXPECT_THAT(message_of({{"a/data.pkl", "cos\nsystem\n."}}), HasSubstr("asks for os.system"));
  EXPECT_THAT(message_of({{"a/data.pkl", ""}}), HasSubstr("the next opcode"));
  EXPECT_THAT(message_of({{"a/data.pkl", state_dict()}}, 8), HasSubstr("'a/data.pkl' must be stored"));
}

// Tensor counts and the shape of the embedding, as the package that wrote the files gave them.
TEST(TorchZip, OpensEveryFixture) {
  struct Fixture {
    const char* folder;
    std::size_t n_tensors;
    const char* embedding;
    Convention convention;
    const char* version;
  };
  for (const Fixture& fixture : {Fixture{"hf-opt-bin", 36, "decoder.embed_tokens.weight", Convention::kHf, ""},
                                 Fixture{"hf-llama-bin", 21, "model.embed_tokens.weight", Convention::kHf, ""},
                                 Fixture{"hf-llama-bin-sharded", 21, "model.embed_tokens.weight", Convention::kHf, ""},
                                 Fixture{"hf-gptj", 25, "transformer.wte.weight", Convention::kHf, ""},
                                 Fixture{"rwkv-v4-pth", 42, "emb.weight", Convention::kRwkv, "4"},
                                 Fixture{"rwkv-v5.1-pth", 46, "emb.weight", Convention::kRwkv, "5.1"},
                                 Fixture{"rwkv-v5.2-pth", 50, "emb.weight", Convention::kRwkv, "5.2"},
                                 Fixture{"rwkv-v6-pth", 62, "emb.weight", Convention::kRwkv, "6"},
                                 Fixture{"rwkv-v7-pth", 72, "emb.weight", Convention::kRwkv, "7"}}) {
    const auto checkpoint = open_checkpoint(kGolden / fixture.folder);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->container, "PyTorch");
    EXPECT_EQ(checkpoint->convention, fixture.convention);
    EXPECT_EQ(checkpoint->tensors.size(), fixture.n_tensors) << fixture.folder;
    const TensorView* embedding = checkpoint->find(fixture.embedding);
    ASSERT_NE(embedding, nullptr) << fixture.folder;
    EXPECT_EQ(embedding->shape.size(), 2U);
    EXPECT_EQ(checkpoint->metadata.text("rwkv.version").value_or(""), fixture.version);
    for (const TensorView& tensor : checkpoint->tensors) {
      checkpoint->release(tensor);
    }
  }
}

}  // namespace
}  // namespace hearth::formats
