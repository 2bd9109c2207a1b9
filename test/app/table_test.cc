#include "app/lib/table.h"

#include <gtest/gtest.h>

namespace stowage::app {
namespace {

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCellAndThreeSpacesApart) {
  Table table({"NAME", "READY", "NODE"});
  table.Row({"web-12345", "1/1", "onprem"});
  table.Row({"a", "0/1", ""});
  EXPECT_EQ(table.ToString(),
            "NAME        READY   NODE\n"
            "web-12345   1/1     onprem\n"
            "a           0/1     \n");
}

TEST(TableTest, ATableWithoutRowsIsEmptyButHasItsHeader) {
  Table table({"NAME", "AGE"});
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.ToString(), "NAME   AGE\n");
  table.Row({"x", "1s"});
  EXPECT_FALSE(table.empty());
}

TEST(TableTest, ARowMayBeShorterOrLongerThanTheHeader) {
  Table table({"A", "B"});
  table.Row({"one"});
  table.Row({"1", "2", "3"});
  EXPECT_EQ(table.ToString(), "A     B\none\n1     2   3\n");
}

}  // namespace
}  // namespace stowage::app
