//===- CompilationCacheTest.cpp - compiled code, kept between runs --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/CompilationCache.h"

#include "dilated-mlir/Support/CompilerIdentity.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace llvm;
using namespace mlir::dilated;

namespace {

using Key = CompilationCache::Key;

Key makeKey(uint8_t number) {
  Key key{};
  key[0] = number;
  return key;
}

SmallVector<char> makeObject(size_t size, uint64_t seed) {
  SmallVector<char> object(size);
  for (char &byte : object) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(seed >> 56);
  }
  return object;
}

class CompilationCacheTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("dilated-cache", root));
    folder = (root + "/cache").str();
  }
  void TearDown() override {
    sys::fs::setPermissions(root, sys::fs::owner_all);
    sys::fs::remove_directories(root);
  }

  std::vector<std::string> list(StringRef prefix) const {
    std::vector<std::string> names;
    std::error_code code;
    for (sys::fs::directory_iterator it(folder, code), end; it != end && !code;
         it.increment(code))
      if (sys::path::filename(it->path()).starts_with(prefix))
        names.push_back(it->path());
    return names;
  }

  /// Rewrites an entry's file.
  static void edit(const std::string &path,
                   function_ref<void(std::string &)> change) {
    std::string bytes;
    {
      auto buffer = MemoryBuffer::getFile(path);
      ASSERT_TRUE(buffer);
      bytes = (*buffer)->getBuffer().str();
    }
    change(bytes);
    std::error_code code;
    raw_fd_ostream stream(path, code);
    ASSERT_FALSE(code);
    stream << bytes;
  }

  SmallString<128> root;
  std::string folder;
};

} // namespace

TEST_F(CompilationCacheTest, FindsWhatWasStored) {
  CompilationCache cache(folder);
  SmallVector<char> object = makeObject(100000, 1);
  EXPECT_FALSE(cache.load(makeKey(1)));
  cache.store(makeKey(1), object);
  EXPECT_EQ(cache.load(makeKey(1)), object);
  EXPECT_FALSE(cache.load(makeKey(2)));
  // Another process sees it, and nobody but this user.
  EXPECT_EQ(CompilationCache(folder).load(makeKey(1)), object);
  struct stat status;
  ASSERT_EQ(::stat(cache.getPath(makeKey(1)).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(CompilationCacheTest, StoresAnEmptyObject) {
  CompilationCache cache(folder);
  cache.store(makeKey(1), {});
  auto loaded = cache.load(makeKey(1));
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->empty());
}

TEST_F(CompilationCacheTest, NeverReadsADamagedEntryAndReplacesIt) {
  CompilationCache cache(folder);
  SmallVector<char> object = makeObject(1000, 2);
  std::string path = cache.getPath(makeKey(1));
  std::function<void(std::string &)> damages[] = {
      [](std::string &bytes) { bytes.clear(); },
      [](std::string &bytes) { bytes.resize(bytes.size() - 1); },
      [](std::string &bytes) { bytes.resize(40); },
      [](std::string &bytes) { bytes += 'x'; },
      [](std::string &bytes) { bytes[0] ^= 1; },     // magic
      [](std::string &bytes) { bytes[8] ^= 1; },     // key
      [](std::string &bytes) { bytes[40] ^= 1; },    // length
      [](std::string &bytes) { bytes[48] ^= 1; },    // digest
      [](std::string &bytes) { bytes.back() ^= 1; }, // object
      [](std::string &bytes) { bytes.assign(1 << 20, '\0'); },
  };
  for (auto [i, damage] : enumerate(damages)) {
    cache.store(makeKey(1), object);
    edit(path, damage);
    EXPECT_FALSE(cache.load(makeKey(1))) << i;
    cache.store(makeKey(1), object);
    EXPECT_EQ(cache.load(makeKey(1)), object) << i;
  }
}

TEST_F(CompilationCacheTest, DoesNotTakeAnEntryForAnother) {
  CompilationCache cache(folder);
  cache.store(makeKey(1), makeObject(10, 3));
  ASSERT_EQ(::rename(cache.getPath(makeKey(1)).c_str(),
                     cache.getPath(makeKey(2)).c_str()),
            0);
  EXPECT_FALSE(cache.load(makeKey(2)));
}

TEST_F(CompilationCacheTest, DoesNotTrustWhatOthersCanWrite) {
  CompilationCache cache(folder);
  cache.store(makeKey(1), makeObject(10, 4));
  std::string path = cache.getPath(makeKey(1));
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_FALSE(cache.load(makeKey(1)));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(cache.load(makeKey(1)));
  // A link may lead anywhere.
  ASSERT_EQ(::symlink(path.c_str(), cache.getPath(makeKey(2)).c_str()), 0);
  EXPECT_FALSE(cache.load(makeKey(2)));
  ASSERT_EQ(::mkfifo(cache.getPath(makeKey(3)).c_str(), 0600), 0);
  EXPECT_FALSE(cache.load(makeKey(3)));
}

TEST_F(CompilationCacheTest, WorksWithoutAFolderThatCanBeWritten) {
  // A file where the folder should be: true for root as well.
  std::error_code code;
  raw_fd_ostream(folder, code) << "not a folder";
  CompilationCache cache(folder);
  cache.store(makeKey(1), makeObject(10, 5));
  EXPECT_FALSE(cache.load(makeKey(1)));
  CompilationCache nowhere("/proc/dilated-cache");
  nowhere.store(makeKey(1), makeObject(10, 5));
  EXPECT_FALSE(nowhere.load(makeKey(1)));
}

TEST_F(CompilationCacheTest, LeavesNothingWhenTheDiskIsFull) {
  CompilationCache cache(folder);
  cache.store(makeKey(1), makeObject(10, 6));
  // A limit on file sizes fails a write half way, as a full disk does.
  struct rlimit before, limit;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = 4096;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  cache.store(makeKey(2), makeObject(100000, 7));
  cache.store(makeKey(1), makeObject(100000, 7));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(cache.load(makeKey(2)));
  EXPECT_EQ(cache.load(makeKey(1)), makeObject(10, 6));
  EXPECT_TRUE(list("dilated-tmp-").empty());
}

TEST_F(CompilationCacheTest, RemovesWhatIsLeftHalfWritten) {
  CompilationCache cache(folder);
  cache.store(makeKey(1), makeObject(10, 8));
  std::string abandoned = folder + "/dilated-tmp-abcdef";
  std::string inUse = folder + "/dilated-tmp-ghijkl";
  std::string foreign = folder + "/notes.txt";
  std::error_code code;
  raw_fd_ostream(abandoned, code) << "half";
  raw_fd_ostream(foreign, code) << "mine";
  int fd = ::open(inUse.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  cache.store(makeKey(2), makeObject(10, 9));
  EXPECT_FALSE(sys::fs::exists(abandoned));
  EXPECT_TRUE(sys::fs::exists(inUse));
  EXPECT_TRUE(sys::fs::exists(foreign));
  ::close(fd);
}

TEST_F(CompilationCacheTest, DropsWhatWasNotUsedForLongest) {
  CompilationCache::Limits limits;
  limits.bytes = 35000;
  limits.interval = std::chrono::seconds(0);
  CompilationCache cache(folder, limits);
  // Times of access a minute apart: 1 is the oldest, until it is read.
  for (uint8_t i = 1; i <= 3; ++i) {
    cache.store(makeKey(i), makeObject(10000, i));
    const struct timespec times[] = {{1000000000 + i * 60, 0},
                                     {1000000000 + i * 60, 0}};
    ASSERT_EQ(
        ::utimensat(AT_FDCWD, cache.getPath(makeKey(i)).c_str(), times, 0), 0);
  }
  EXPECT_TRUE(cache.load(makeKey(1)));
  cache.store(makeKey(4), makeObject(10000, 4));
  EXPECT_FALSE(cache.load(makeKey(2)));
  EXPECT_TRUE(cache.load(makeKey(1)));
  EXPECT_TRUE(cache.load(makeKey(3)));
  EXPECT_TRUE(cache.load(makeKey(4)));
}

TEST_F(CompilationCacheTest, ManyAtATime) {
  // Writers of the same and of different entries, readers, and one who keeps
  // taking entries away.
  CompilationCache::Limits tight;
  tight.bytes = 300000;
  tight.interval = std::chrono::seconds(0);
  std::atomic<int> wrong = 0, hits = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      CompilationCache cache(folder, tight);
      for (int i = 0; i < 100; ++i) {
        uint8_t number = static_cast<uint8_t>((i + t) % 8);
        cache.store(makeKey(number), makeObject(50000, number));
        uint8_t other = static_cast<uint8_t>((i * 3 + t) % 8);
        if (auto object = cache.load(makeKey(other))) {
          ++hits;
          wrong += *object != makeObject(50000, other);
        }
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(hits, 0);
  EXPECT_TRUE(list("dilated-tmp-").empty());
}

TEST(DefaultCacheFolderTest, FollowsTheEnvironment) {
  const char *names[] = {"DILATED_CACHE", "DILATED_CACHE_DIR", "XDG_CACHE_HOME",
                         "HOME"};
  std::map<std::string, std::string> saved;
  for (const char *name : names) {
    if (const char *value = std::getenv(name))
      saved[name] = value;
    ::unsetenv(name);
  }
  EXPECT_EQ(getDefaultCacheFolder(), "");
  ::setenv("HOME", "/users/me", 1);
  EXPECT_EQ(getDefaultCacheFolder(), "/users/me/.cache/dilated-mlir");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(getDefaultCacheFolder(), "/users/me/.cache/dilated-mlir");
  ::setenv("XDG_CACHE_HOME", "/var/caches", 1);
  EXPECT_EQ(getDefaultCacheFolder(), "/var/caches/dilated-mlir");
  ::setenv("DILATED_CACHE_DIR", "kernels", 1);
  EXPECT_EQ(getDefaultCacheFolder(), "kernels");
  ::setenv("DILATED_CACHE", "off", 1);
  EXPECT_EQ(getDefaultCacheFolder(), "");
  for (const char *name : names)
    ::unsetenv(name);
  for (const auto &[name, value] : saved)
    ::setenv(name.c_str(), value.c_str(), 1);
}

TEST(CompilerIdentityTest, NamesEveryPart) {
  StringRef identity = getCompilerIdentity();
  SmallVector<StringRef> words;
  identity.split(words, ' ');
  // dilated-mlir X LLVM Y, then this program, libLLVM and libMLIR.
  ASSERT_GE(words.size(), 6u) << identity.str();
  EXPECT_EQ(words[0], "dilated-mlir");
  for (StringRef id : ArrayRef(words).drop_front(4)) {
    EXPECT_GE(id.size(), 16u) << identity.str();
    EXPECT_TRUE(all_of(id, [](char c) { return isHexDigit(c); }))
        << identity.str();
  }
}
