#include "cpu/memory_region.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace hearth::cpu {
namespace {

TEST(MemoryRegion, IsAlignedZeroedAndWritable) {
  const auto region = MemoryRegion::reserve(5 << 20, true);
  ASSERT_TRUE(region);
  EXPECT_EQ(region->size_bytes(), 3 * kHugePageBytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(region->data()) % kHugePageBytes, 0U);
  EXPECT_EQ(region->data()[12345], std::byte{0});
  region->data()[region->size_bytes() - 1] = std::byte{7};
}

TEST(MemoryRegion, DecommittedMemoryReadsAsZero) {
  const auto region = MemoryRegion::reserve(1 << 20, false);
  ASSERT_TRUE(region);
  region->data()[8192] = std::byte{1};
  region->data()[4095] = std::byte{1};
  region->decommit(4096, 8192);
  EXPECT_EQ(region->data()[8192], std::byte{0});
  EXPECT_EQ(region->data()[4095], std::byte{1});
}

TEST(MemoryRegion, AnImpossibleSizeIsAnError) {
  const auto region = MemoryRegion::reserve(std::size_t{1} << 60, false);
  ASSERT_FALSE(region);
  EXPECT_EQ(region.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hearth::cpu
