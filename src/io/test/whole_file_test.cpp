#include "io/whole_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "io/test/temporary_folder.hpp"

namespace hillock::io {
namespace {

using test::get;
using test::put;
using test::TemporaryFolder;

// Runs `body` in a child process and gives its exit status: the child may drop rights and set limits.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

std::string code_of(const Result<void>& result) { return result ? "" : result.error().at(0).code; }

TEST(WholeFile, WritesReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_whole(folder / "x", "first").has_value());
  EXPECT_EQ(get(folder / "x"), "first");
  const std::string binary("a\0b\r\n\xff", 6);
  ASSERT_TRUE(write_whole(folder / "x", binary).has_value());
  EXPECT_EQ(get(folder / "x"), binary);
  ASSERT_TRUE(write_whole(folder / "empty", "").has_value());
  EXPECT_EQ(get(folder / "empty"), "");
  EXPECT_EQ(folder.entries(), 2U);
}

TEST(WholeFile, AReaderSeesTheOldContentOrTheNewNeverHalf) {
  const TemporaryFolder folder;
  const std::string old_bytes(1 << 20, 'o');
  const std::string new_bytes(1 << 20, 'n');
  ASSERT_TRUE(write_whole(folder / "x", old_bytes).has_value());
  const pid_t writer = ::fork();
  if (writer == 0) {
    for (int i = 0; i < 20; ++i) (void)write_whole(folder / "x", i % 2 == 0 ? new_bytes : old_bytes);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    const std::string seen = get(folder / "x");
    ASSERT_EQ(seen.size(), old_bytes.size());
    ASSERT_TRUE(seen == old_bytes || seen == new_bytes);
  }
}

TEST(WholeFile, AKilledWriterLeavesTheOldContent) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_whole(folder / "x", "old").has_value());
  const std::string large(std::size_t{64} << 20U, 'n');
  for (const int microseconds : {200, 1000, 5000, 20000}) {
    const pid_t writer = ::fork();
    if (writer == 0) {
      (void)write_whole(folder / "x", large);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(microseconds));
    ::kill(writer, SIGKILL);
    int status = 0;
    ::waitpid(writer, &status, 0);
    const std::string seen = get(folder / "x");
    EXPECT_TRUE(seen == "old" || seen == large) << seen.size();
  }
}

TEST(WholeFile, AMissingFolder) {
  const TemporaryFolder folder;
  const auto result = write_whole(folder / "no/x", "1");
  ASSERT_EQ(code_of(result), "folder-missing");
  EXPECT_EQ(render(result.error()),
            folder / "no/x" + ": error: there is no folder '" + folder / "no" +
                "' to write into [folder-missing]\n    try: create the folder, or choose another one\n");
  put(folder / "file", "");
  EXPECT_EQ(code_of(write_whole(folder / "file/x", "1")), "folder-missing");
}

TEST(WholeFile, AFolderOfThatName) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkdir((folder / "x").c_str(), 0755), 0);
  EXPECT_EQ(code_of(write_whole(folder / "x", "1")), "write-failed");
  EXPECT_EQ(folder.entries(), 1U);
}

// A user who is not root, in a folder of root's: the child gives its rights up where it has them.
TEST(WholeFile, AFolderThatMayNotBeWritten) {
  const TemporaryFolder folder;
  put(folder / "x", "old");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int status = in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;
    if (code_of(write_whole(folder / "x", "new")) != "not-writable") return 3;
    return code_of(append_line(folder / "y", "new")) == "not-writable" ? 0 : 4;
  });
  EXPECT_EQ(status, 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(get(folder / "x"), "old");
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(WholeFile, AFullDeviceIsSeen) {
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  EXPECT_EQ(write_all(full, "x"), ENOSPC);
  EXPECT_EQ(write_all(full, ""), 0);
  ::close(full);
}

// A file-size limit stops the write half way, as a full disk does (errno EFBIG instead of ENOSPC).
TEST(WholeFile, AWriteThatStopsHalfWayLeavesTheOldContentAndNoOtherFile) {
  const TemporaryFolder folder;
  put(folder / "x", "old");
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    return code_of(write_whole(folder / "x", std::string(1 << 20, 'n'))) == "write-failed" ? 0 : 3;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(get(folder / "x"), "old");
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(WholeFile, AFullDisk) {
  const TemporaryFolder folder;
  if (::mount("hillock", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "a small file system can only be mounted by root; AFullDeviceIsSeen covers the error itself";
  const auto kept = write_whole(folder / "x", "old");
  const auto result = write_whole(folder / "x", std::string(1 << 20, 'n'));
  const std::string content = get(folder / "x");
  const std::size_t entries = folder.entries();
  const auto appended = append_line(folder / "ledger", std::string(1 << 20, 'n'));
  const std::string ledger = get(folder / "ledger");
  ::umount(folder.path().c_str());
  ASSERT_TRUE(kept.has_value());
  ASSERT_EQ(code_of(result), "disk-full");
  EXPECT_EQ(render(result.error()), folder / "x" + ": error: the disk is full: '" + folder / "x" +
                                        "' was not written; what was there before is untouched [disk-full]\n"
                                        "    try: free some space, or choose a folder on another disk\n");
  EXPECT_EQ(content, "old");
  EXPECT_EQ(entries, 1U);
  EXPECT_EQ(code_of(appended), "disk-full");
  EXPECT_EQ(ledger, "");
}

TEST(WholeFile, AppendsLines) {
  const TemporaryFolder folder;
  ASSERT_TRUE(append_line(folder / "ledger", "{\"look\":1}").has_value());
  ASSERT_TRUE(append_line(folder / "ledger", "").has_value());
  ASSERT_TRUE(append_line(folder / "ledger", "{\"look\":2}").has_value());
  EXPECT_EQ(get(folder / "ledger"), "{\"look\":1}\n\n{\"look\":2}\n");
  EXPECT_THROW((void)append_line(folder / "ledger", "two\nlines"), Bug);
}

TEST(WholeFile, ReadsWhatIsThere) {
  const TemporaryFolder folder;
  const std::string bytes = std::string("a\0b", 3) + std::string(1'000'000, 'c');
  put(folder / "x", bytes);
  EXPECT_EQ(read_whole(folder / "x", largest_input).value(), bytes);
  EXPECT_EQ(read_whole(folder / "x", bytes.size()).value(), bytes);
  EXPECT_EQ(read_whole(folder / "x", bytes.size() - 1).error().at(0).code, "file-too-large");
  put(folder / "empty", "");
  EXPECT_EQ(read_whole(folder / "empty", 0).value(), "");
  EXPECT_EQ(read_whole(folder / "..", 10).error().at(0).code, "file-unreadable");
  EXPECT_EQ(read_whole("/dev/zero", 100).error().at(0).code, "file-too-large");
}

TEST(WholeFile, AMissingFileNamesTheNearest) {
  const TemporaryFolder folder;
  put(folder / "cell_1_sine_wave.npz", "");
  const auto result = read_whole(folder / "cell_1_sinewave.npz", 10);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(render(result.error()), folder / "cell_1_sinewave.npz" + ": error: there is no file '" +
                                        folder / "cell_1_sinewave.npz" + "' [file-missing]\n    try: '" +
                                        folder / "cell_1_sine_wave.npz" + "'\n");
  EXPECT_EQ(read_whole(folder / "no/x", 10).error().at(0).code, "file-missing");
  EXPECT_EQ(read_whole("", 10).error().at(0).code, "file-missing");
}

}  // namespace
}  // namespace hillock::io
