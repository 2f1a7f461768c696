// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces that are held by descriptors.
#include "namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

namespace virt {

std::vector<int> intsOf(const Napi::Value &value) {
  std::vector<int> all;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) all.push_back(intOf(list.Get(i)));
  return all;
}

void NamespaceTask::work() {
  if (joins_.empty() && fresh_ == 0) return inside();
  std::thread([this] { enter(); }).join();
}

void NamespaceTask::enter() {
  // A mount namespace is entered by those alone who share root and working directory with nobody.
  if (unshare(CLONE_FS) < 0) return fail("unshare", errno);
  for (const int fd : joins_)
    if (setns(fd, 0) < 0) return fail("setns", errno);
  if (fresh_ != 0 && unshare(fresh_) < 0) return fail("unshare", errno);
  inside();
}

namespace {

class HoldTask final : public NamespaceTask {
 public:
  HoldTask(Napi::Env env, std::vector<int> joins, int fresh, std::vector<std::string> kinds)
      : NamespaceTask(env, std::move(joins), fresh), kinds_(std::move(kinds)) {}

 private:
  void inside() override {
    for (const std::string &kind : kinds_) {
      const std::string path = "/proc/thread-self/ns/" + kind;
      const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0) {
        fail("open", errno, path);
        for (const int held : fds_) close(held);
        return;
      }
      fds_.push_back(fd);
    }
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Array answer = Napi::Array::New(env, fds_.size());
    for (uint32_t i = 0; i < fds_.size(); i++) answer.Set(i, fds_[i]);
    return answer;
  }

  std::vector<std::string> kinds_;
  std::vector<int> fds_;
};

}  // namespace

// holdNamespaces(joins, flags, names below /proc/thread-self/ns): a promise of a descriptor for each name
static Napi::Value holdNamespaces(const Napi::CallbackInfo &info) {
  std::vector<std::string> kinds;
  const auto list = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) kinds.push_back(Napi::Value(list.Get(i)).As<Napi::String>().Utf8Value());
  return (new HoldTask(info.Env(), intsOf(info[0]), intOf(info[1]), std::move(kinds)))->start();
}

void initNamespaces(Napi::Env env, Napi::Object exports) { add(env, exports, "holdNamespaces", holdNamespaces); }

}  // namespace virt
