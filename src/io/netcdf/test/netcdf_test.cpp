#include "io/netcdf/netcdf.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/sha256.hpp"
#include "io/test/temporary_folder.hpp"

namespace hillock::io::netcdf {
namespace {

using io::test::get;
using io::test::python;
using io::test::TemporaryFolder;

Group tree() {
  Group posterior;
  posterior.name = "posterior";
  posterior.dims = {{"chain", 2}, {"draw", 3}};
  posterior.vars = {
      {"p1", {"chain", "draw"}, std::vector<double>{1, 2, 3, 4, 5, 0.1}, {{"units", std::string("1/ms")}}},
      {"chain", {"chain"}, std::vector<std::int64_t>{0, 1}, {}},
      {"draw", {"draw"}, std::vector<std::int64_t>{0, 1, std::int64_t{1} << 60U}, {}}};
  posterior.attrs = {{"created_by", std::string("hillock")},
                     {"version", 0.5},
                     {"draws", std::int64_t{3}},
                     {"levels", std::vector<double>{0.5, 0.9}},
                     {"empty", std::string()}};
  Group inner;
  inner.name = "inner";
  inner.vars = {{"again", {"draw"}, std::vector<double>{7, 8, 9}, {}}, {"scalar", {}, std::vector<double>{42.5}, {}}};
  posterior.groups = {inner};
  Group root;
  root.dims = {{"name", 2}};
  root.vars = {{"names", {"name"}, std::vector<std::string>{"g_Na", "\xc2\xb5V"}, {}}};
  root.attrs = {{"Conventions", std::string("none")}};
  root.groups = {posterior};
  return root;
}

TEST(Netcdf, IsReadByNetcdf4Python) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write(folder / "a.nc", tree()).has_value());
  EXPECT_EQ(python(folder, R"(
import netCDF4
d = netCDF4.Dataset('a.nc')
assert d.data_model == 'NETCDF4'
assert d.getncattr('Conventions') == 'none'
assert list(d['names'][:]) == ['g_Na', '\u00b5V'], d['names'][:]
p = d['posterior']
assert list(p.dimensions) == ['chain', 'draw'] and list(p.variables) == ['p1', 'chain', 'draw'], (p.dimensions, p.variables)
assert p['p1'].dimensions == ('chain', 'draw') and p['p1'].units == '1/ms'
assert (p['p1'][:] == [[1, 2, 3], [4, 5, 0.1]]).all() and p['p1'].dtype == 'f8'
assert p['draw'].dtype == 'i8' and p['draw'][2] == 2**60
assert p.created_by == 'hillock' and p.version == 0.5 and p.draws == 3 and list(p.levels) == [0.5, 0.9] and p.empty == ''
assert list(p['inner']['again'][:]) == [7, 8, 9] and p['inner']['scalar'][...] == 42.5
)"),
            0)
      << HILLOCK_PYTHON " with netCDF4 is needed: python3-netcdf4";
  EXPECT_EQ(folder.entries(), 2U);  // with program.py: no temporary file is left
}

TEST(Netcdf, TheSameTreeGivesTheSameBytes) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write(folder / "a.nc", tree()).has_value());
  ::usleep(1'100'000);  // HDF5 times count in seconds
  ASSERT_TRUE(write(folder / "b.nc", tree()).has_value());
  EXPECT_EQ(sha256(get(folder / "a.nc")), sha256(get(folder / "b.nc")));
  Group other = tree();
  std::get<std::vector<double>>(other.groups[0].vars[0].values)[0] = 1.0000000000000002;
  EXPECT_NE(sha256(format(other)), sha256(get(folder / "a.nc")));  // one bit of one number is seen
}

TEST(Netcdf, AMillionDrawsAreDeflatedAndRead) {
  Group root;
  root.dims = {{"draw", 1'000'000}};
  std::vector<double> values(1'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 1000);
  root.vars = {{"x", {"draw"}, values, {}}};
  const TemporaryFolder folder;
  ASSERT_TRUE(write(folder / "a.nc", root).has_value());
  EXPECT_LT(get(folder / "a.nc").size(), 4'000'000U);
  EXPECT_EQ(python(folder,
                   "import netCDF4, numpy as np\n"
                   "x = netCDF4.Dataset('a.nc')['x'][:]\n"
                   "assert (x == np.arange(1000000) % 1000).all()\n"),
            0);
}

TEST(Netcdf, ATreeThatIsNotConsistentIsOurBug) {
  Group unknown;
  unknown.vars = {{"x", {"draw"}, std::vector<double>{1}, {}}};
  EXPECT_THROW((void)format(unknown), Bug);
  Group wrong;
  wrong.dims = {{"draw", 2}};
  wrong.vars = {{"x", {"draw"}, std::vector<double>{1}, {}}};
  EXPECT_THROW((void)format(wrong), Bug);
  Group empty;
  empty.dims = {{"draw", 0}};
  EXPECT_THROW((void)format(empty), Bug);
  Group twice;
  twice.vars = {{"x", {}, std::vector<double>{1}, {}}, {"x", {}, std::vector<double>{1}, {}}};
  EXPECT_THROW((void)format(twice), Bug);
  EXPECT_FALSE(format(tree()).empty());  // and the next tree is written as if nothing had been
}

TEST(Netcdf, ErrorsAreThoseOfWholeFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(write(folder / "no/a.nc", tree()).error().at(0).code, "folder-missing");
}

}  // namespace
}  // namespace hillock::io::netcdf
