// SPDX-License-Identifier: LGPL-2.1-or-later
// Putting a file in place of another so that a crash leaves one of the two, in one turn of a thread.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "addon.h"

namespace virt {

namespace {

// A descriptor that is closed on every way out.
struct Open {
  int fd;
  ~Open() {
    if (fd >= 0) close(fd);
  }
};

class ReplaceTask final : public Task {
 public:
  ReplaceTask(Napi::Env env, std::string path, std::string temporary, std::string content, mode_t mode,
              bool sync)
      : Task(env),
        path_(std::move(path)),
        temporary_(std::move(temporary)),
        content_(std::move(content)),
        mode_(mode),
        sync_(sync) {}

 private:
  void work() override {
    // What is half done would fill a full disk further.
    if (!fill() || !place()) unlink(temporary_.c_str());
  }

  bool fill() {
    const Open file{open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode_)};
    if (file.fd < 0) return failed("open", temporary_);
    if (fchmod(file.fd, mode_) < 0) return failed("fchmod", temporary_);
    for (size_t at = 0; at < content_.size();) {
      const ssize_t done = write(file.fd, content_.data() + at, content_.size() - at);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failed("write", temporary_);
      at += static_cast<size_t>(done);
    }
    return !sync_ || fsync(file.fd) == 0 || failed("fsync", temporary_);
  }

  bool place() { return rename(temporary_.c_str(), path_.c_str()) == 0 || failed("rename", path_); }

  bool failed(const char *syscall, const std::string &path) {
    fail(syscall, errno, path);
    return false;
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  std::string path_, temporary_, content_;
  mode_t mode_;
  bool sync_;
};

class SyncFolderTask final : public Task {
 public:
  SyncFolderTask(Napi::Env env, std::string path) : Task(env), path_(std::move(path)) {}

 private:
  void work() override {
    const Open folder{open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.fd < 0)
      fail("open", errno, path_);
    else if (fsync(folder.fd) < 0)
      fail("fsync", errno, path_);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  std::string path_;
};

}  // namespace

// replaceFile(path, temporary, bytes, mode, whether its content is synced before it gets its name)
static Napi::Value replaceFile(const Napi::CallbackInfo &info) {
  const auto bytes = info[2].As<Napi::Uint8Array>();
  std::string content(reinterpret_cast<const char *>(bytes.Data()), bytes.ByteLength());
  return (new ReplaceTask(info.Env(), info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::String>().Utf8Value(),
                          std::move(content), static_cast<mode_t>(intOf(info[3])),
                          info[4].As<Napi::Boolean>().Value()))
      ->start();
}

// syncFolder(path)
static Napi::Value syncFolder(const Napi::CallbackInfo &info) {
  return (new SyncFolderTask(info.Env(), info[0].As<Napi::String>().Utf8Value()))->start();
}

void initReplacing(Napi::Env env, Napi::Object exports) {
  add(env, exports, "replaceFile", replaceFile);
  add(env, exports, "syncFolder", syncFolder);
}

}  // namespace virt
