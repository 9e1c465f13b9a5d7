#include "layers/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace hillock::layers {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Layers, TheTreeKeepsThem) {
  const fs::path root = HILLOCK_SOURCE_DIR;
  EXPECT_THAT(breaches(root / "src", root / "layers.toml"), IsEmpty());
}

// A small tree of three rooms, clean until a test plants something.
class Planted : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            (std::string("hillock_layers_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    write("layers.toml",
          "[libraries]\nzip = ['zip.h']\neigen = ['Eigen/']\ngtest = ['gtest/']\nsystem = ['unistd.h']\n"
          "[rooms.base]\nincludes = []\n"
          "[rooms.io]\nincludes = ['base']\npublic = ['eigen']\nprivate = ['zip']\n"
          "[rooms.sim]\nincludes = ['base']\ntest_includes = ['io']\n");
    write("src/base/README.md", "base\n");
    write("src/io/README.md", "io\n");
    write("src/sim/README.md", "sim\n");
    write("src/base/a.hpp", "#include <vector>\n#include <unistd.h>\n");
    write("src/io/b.hpp", "#include <Eigen/Core>\n\n#include \"base/a.hpp\"\n");
    write("src/io/b.cpp", "#include \"io/b.hpp\"\n#include <zip.h>\n");
    write("src/sim/test/sim_test.cpp", "#include <gtest/gtest.h>\n#include \"io/b.hpp\"\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::vector<std::string> found() const { return breaches(root_ / "src", root_ / "layers.toml"); }

  fs::path root_;
};

TEST_F(Planted, TheCleanTreeIsClean) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(Planted, AForbiddenRoom) {
  write("src/base/bad.cpp", "// upwards\n#include \"io/b.hpp\"\n");
  EXPECT_THAT(found(), ElementsAre("src/base/bad.cpp:2: base may not include io"));
}

TEST_F(Planted, ARoomThatOnlyTestsMaySee) {
  write("src/sim/bad.cpp", "  #  include \"io/b.hpp\"\n");
  EXPECT_THAT(found(), ElementsAre("src/sim/bad.cpp:1: sim may not include io"));
}

TEST_F(Planted, AForbiddenLibrary) {
  write("src/base/bad.cpp", "#include <zip.h>\n");
  EXPECT_THAT(found(), ElementsAre("src/base/bad.cpp:1: base may not use zip"));
}

TEST_F(Planted, APrivateLibraryInAHeaderThatStaysInTheRoom) {
  write("src/io/inside.hpp", "#include <zip.h>\n");
  write("src/io/b.cpp", "#include \"io/inside.hpp\"\n");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Planted, APrivateLibraryThatAnotherRoomSees) {
  write("src/io/bad.hpp", "#include <zip.h>\n");
  write("src/io/b.hpp", "#include \"io/bad.hpp\"\n");
  EXPECT_THAT(found(),
              ElementsAre("src/io/bad.hpp:1: zip is private to io, but src/sim/test/sim_test.cpp sees this file"));
}

TEST_F(Planted, AnUnknownLibrary) {
  write("src/io/bad.cpp", "#include <fftw3.h>\n");
  EXPECT_THAT(found(), ElementsAre("src/io/bad.cpp:1: <fftw3.h> belongs to no library of layers.toml"));
}

TEST_F(Planted, APathThatIsNotRelativeToSrc) {
  write("src/io/bad.cpp", "#include \"b.hpp\"\n");
  EXPECT_THAT(found(),
              ElementsAre("src/io/bad.cpp:1: \"b.hpp\" does not start with a room (paths are relative to src/)"));
}

TEST_F(Planted, GtestOutsideTests) {
  write("src/io/bad.cpp", "#include <gtest/gtest.h>\n");
  EXPECT_THAT(found(), ElementsAre("src/io/bad.cpp:1: io may not use gtest"));
}

TEST_F(Planted, ACircleOfFiles) {
  write("src/base/a.hpp", "#include \"base/c.hpp\"\n");
  write("src/base/c.hpp", "#include \"base/a.hpp\"\n");
  EXPECT_THAT(found(), ElementsAre("files include each other: base/a.hpp -> base/c.hpp -> base/a.hpp"));
}

TEST_F(Planted, ACircleOfRooms) {
  write("layers.toml",
        "[libraries]\nsystem = ['unistd.h']\neigen = ['Eigen/']\nzip = ['zip.h']\ngtest = ['gtest/']\n"
        "[rooms.base]\nincludes = ['io']\n[rooms.io]\nincludes = ['base']\npublic = ['eigen']\nprivate = ['zip']\n"
        "[rooms.sim]\nincludes = ['io']\n");
  EXPECT_THAT(found(), ElementsAre("rooms include each other: base -> io -> base"));
}

TEST_F(Planted, RoomsThatAreNotDescribed) {
  fs::remove(root_ / "src/sim/README.md");
  std::string long_text;
  for (int i = 0; i < 31; ++i) long_text += "line\n";
  write("src/io/README.md", long_text);
  write("src/stray/README.md", "stray\n");
  EXPECT_THAT(found(), ElementsAre("src/io/README.md has 31 lines; 30 are allowed", "src/sim has no README.md",
                                   "src/stray is not a room of layers.toml"));
}

TEST_F(Planted, Utils) {
  write("src/io/string_utils.hpp", "");
  EXPECT_THAT(found(), ElementsAre("src/io/string_utils.hpp: a file is named after its idea, not 'utils'"));
}

TEST_F(Planted, NamesInLayersThatDoNotExist) {
  write("layers.toml",
        "[libraries]\nsystem = ['unistd.h']\neigen = ['Eigen/']\nzip = ['zip.h']\ngtest = ['gtest/']\n"
        "[rooms.base]\nincludes = []\nprivate = ['blas']\n[rooms.io]\nincludes = ['base', 'dta']\n"
        "public = ['eigen']\nprivate = ['zip']\n[rooms.sim]\nincludes = []\ntest_includes = ['io']\n");
  EXPECT_THAT(found(), ElementsAre("layers.toml: base uses 'blas', which is no library",
                                   "layers.toml: io includes 'dta', which is no room"));
}

}  // namespace
}  // namespace hillock::layers
