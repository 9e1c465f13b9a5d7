#include "study/run_folder.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <csignal>

#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

TEST(RunFolder, IsMadeWithItsParentsAndWritesWholeFiles) {
  const Scratch scratch;
  const auto folder = RunFolder::open(scratch.path("results/a"));
  ASSERT_TRUE(folder) << render(folder.error());
  ASSERT_TRUE(folder->write("verdict.json", "{}\n"));
  EXPECT_EQ(scratch.read("results/a/verdict.json"), "{}\n");
  ASSERT_TRUE(folder->ledger().append({"fit", "train", "aa"}, utc_now()));
  EXPECT_EQ(folder->ledger().read().value().size(), 1U);
}

TEST(RunFolder, AFileInItsPlaceIsAnErrorThatSaysWhatToTry) {
  const Scratch scratch;
  scratch.write("results", "a file");
  const auto folder = RunFolder::open(scratch.path("results"));
  ASSERT_FALSE(folder);
  EXPECT_EQ(scratch.without_path(render(folder.error())),
            "DIR/results: error: the results folder cannot be made: there is a file of that name [results-unwritable]\n"
            "    try: choose another folder with --out FOLDER, or make this one writable\n");
  const auto below = RunFolder::open(scratch.path("results/below"));
  ASSERT_FALSE(below);
  EXPECT_EQ(scratch.without_path(render(below.error())),
            "DIR/results/below: error: the results folder cannot be made: Not a directory [results-unwritable]\n"
            "    try: choose another folder with --out FOLDER, or make this one writable\n");
}

TEST(RunFolder, AFolderThatMayNotBeWrittenTo) {
  // Root may write anywhere but to /proc, where nobody may make a file.
  const auto folder = RunFolder::open("/proc/self");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error()[0].code, "results-unwritable");
  EXPECT_NE(render(folder.error()).find("/proc/self: error: the results folder cannot be written to: "),
            std::string::npos)
      << render(folder.error());
  if (::geteuid() == 0) return;
  const Scratch scratch;
  scratch.write("locked/x", "");
  std::filesystem::permissions(scratch.path("locked"),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto denied = RunFolder::open(scratch.path("locked"));
  std::filesystem::permissions(scratch.path("locked"), std::filesystem::perms::owner_all);
  ASSERT_FALSE(denied);
  EXPECT_EQ(scratch.without_path(render(denied.error())),
            "DIR/locked: error: the results folder cannot be written to: Permission denied [results-unwritable]\n"
            "    try: choose another folder with --out FOLDER, or make this one writable\n");
}

TEST(RunFolder, OneRunAtATimeAndAKilledRunHoldsNothing) {
  const Scratch scratch;
  const std::string path = scratch.path("r");
  {
    const auto first = RunFolder::open(path);
    ASSERT_TRUE(first);
    const auto second = RunFolder::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(scratch.without_path(render(second.error())),
              "DIR/r: error: another run (process " + std::to_string(::getpid()) +
                  ") is writing to this folder [results-busy]\n"
                  "    try: wait for it to end, or choose another folder with --out FOLDER\n");
  }
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = RunFolder::open(path);
    const char byte = held ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_FALSE(RunFolder::open(path));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(RunFolder::open(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(RunFolder, CheckpointsComeBackToTheSameStudyOnly) {
  const Scratch scratch;
  auto folder = RunFolder::open(scratch.path("r"));
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->begin_checkpoints("study-1", true));  // nothing there yet: no error
  const std::string bytes("any\0bytes\n", 10);
  ASSERT_TRUE(folder->save_checkpoint("chain_3", bytes));
  ASSERT_TRUE(folder->save_checkpoint("chain_3", bytes + "2"));
  EXPECT_FALSE(folder->load_checkpoint("chain_4").value());

  ASSERT_TRUE(folder->begin_checkpoints("study-1", true));
  EXPECT_EQ(*folder->load_checkpoint("chain_3").value(), bytes + "2");
  const auto other = folder->begin_checkpoints("study-2", true);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error()[0].code, "checkpoint-other-study");
  EXPECT_TRUE(folder->load_checkpoint("chain_3").value());  // a refusal takes nothing away

  ASSERT_TRUE(folder->begin_checkpoints("study-2", false));
  EXPECT_FALSE(folder->load_checkpoint("chain_3").value());
  folder->clear_checkpoints();
  EXPECT_TRUE(folder->begin_checkpoints("study-1", true));
}

TEST(RunFolder, ADamagedCheckpointIsRefused) {
  const Scratch scratch;
  auto folder = RunFolder::open(scratch.path("r"));
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->save_checkpoint("search", "some state"));
  const std::string whole = scratch.read("r/.checkpoint/search");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    scratch.write("r/.checkpoint/search", whole.substr(0, cut));
    const auto loaded = folder->load_checkpoint("search");
    ASSERT_FALSE(loaded) << cut;
    EXPECT_EQ(loaded.error()[0].code, "checkpoint-broken");
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    scratch.write("r/.checkpoint/search", flipped);
    EXPECT_FALSE(folder->load_checkpoint("search")) << at;
  }
}

}  // namespace
}  // namespace hillock::study
