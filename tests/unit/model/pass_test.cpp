#include "model/pass.h"

#include <gtest/gtest.h>

namespace hearth::model {
namespace {

ArchSpec heads(std::int32_t n_heads, std::int32_t n_kv_heads, std::int32_t head_dim) {
  ArchSpec spec;
  spec.n_heads = n_heads;
  spec.n_kv_heads = n_kv_heads;
  spec.head_dim = head_dim;
  return spec;
}

// Workers' parts follow one another, cover everything and end at the ends of heads and panels.
void expect_partition(const ArchSpec& spec, std::int32_t panel_rows, int n_workers) {
  AttentionShare end;
  for (int worker = 0; worker < n_workers; ++worker) {
    const AttentionShare share = attention_share(spec, panel_rows, worker, n_workers);
    EXPECT_EQ(share.query.heads.begin, end.query.heads.end);
    EXPECT_EQ(share.query.panels.begin, end.query.panels.end);
    EXPECT_EQ(share.kv.heads.begin, end.kv.heads.end);
    EXPECT_EQ(share.kv.panels.begin, end.kv.panels.end);
    const std::int64_t query_rows = std::int64_t{spec.n_heads} * spec.head_dim;
    EXPECT_EQ(share.query.heads.end * spec.head_dim, std::min(share.query.panels.end * panel_rows, query_rows));
    end = share;
  }
  EXPECT_EQ(end.query.heads.end, spec.n_heads);
  EXPECT_EQ(end.kv.heads.end, spec.n_kv_heads);
  EXPECT_EQ(end.query.panels.end, (spec.n_heads * spec.head_dim + panel_rows - 1) / panel_rows);
  EXPECT_EQ(end.kv.panels.end, (spec.n_kv_heads * spec.head_dim + panel_rows - 1) / panel_rows);
}

TEST(PassTest, AttentionSharesCoverAllHeads) {
  for (const int n_workers : {1, 2, 3, 7, 16}) {
    expect_partition(heads(9, 3, 64), 16, n_workers);
    expect_partition(heads(4, 1, 256), 16, n_workers);
    expect_partition(heads(4, 2, 16), 8, n_workers);
    expect_partition(heads(5, 5, 24), 16, n_workers);  // two heads end at the end of a panel, one does not
    expect_partition(heads(3, 1, 4), 16, n_workers);
  }
}

TEST(PassTest, AttentionSharesAreEven) {
  const AttentionShare first = attention_share(heads(4, 1, 256), 16, 0, 2);
  EXPECT_EQ(first.query.heads.end, 3);
  EXPECT_EQ(first.kv.heads.end, 0);
}

TEST(PassTest, ShareDealsOutInOrder) {
  EXPECT_EQ(share(5, 0, 2).end, share(5, 1, 2).begin);
  EXPECT_EQ(share(5, 1, 2).end, 5);
  EXPECT_EQ(share(1, 0, 3).end - share(1, 0, 3).begin, 0);
}

}  // namespace
}  // namespace hearth::model
