// SPDX-License-Identifier: LGPL-2.1-or-later
// Mounts, and what they are made on, in our own mount namespace or in another.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "namespaces.h"

namespace virt {

namespace {

// As src/mounts.ts numbers them.
enum class Kind { mount, unmount, folder, node, link };

struct Step {
  Kind kind;
  std::optional<std::string> source, type, data;
  std::string target;
  unsigned long flags;
  // Of folders and nodes.
  mode_t mode;
  dev_t device;
  long uid, gid;
};

class MountTask final : public NamespaceTask {
 public:
  MountTask(Napi::Env env, std::vector<int> joins, std::vector<Step> steps)
      : NamespaceTask(env, std::move(joins), 0), steps_(std::move(steps)) {}

 private:
  static const char *text(const std::optional<std::string> &value) { return value ? value->c_str() : nullptr; }

  void inside() override {
    for (const Step &step : steps_) {
      if (failed()) return;
      switch (step.kind) {
        case Kind::mount:
          mountOne(step);
          break;
        case Kind::unmount:
          if (umount2(step.target.c_str(), static_cast<int>(step.flags)) < 0) fail("umount2", errno, step.target);
          break;
        case Kind::folder:
          if (mkdir(step.target.c_str(), step.mode) < 0 && errno != EEXIST) return fail("mkdir", errno, step.target);
          own(step);
          break;
        case Kind::node:
          if (mknod(step.target.c_str(), step.mode, step.device) < 0) return fail("mknod", errno, step.target);
          own(step);
          break;
        case Kind::link:
          if (symlink(text(step.source), step.target.c_str()) < 0) fail("symlink", errno, step.target);
      }
    }
  }

  void mountOne(const Step &step) {
    const char *source = step.source ? step.source->c_str() : "none";
    if (mount(source, step.target.c_str(), text(step.type), step.flags, text(step.data)) < 0)
      fail("mount", errno, step.target);
  }

  // The mode is what was asked for, whatever this process keeps from what it makes.
  void own(const Step &step) {
    const char *path = step.target.c_str();
    if (step.uid >= 0 && lchown(path, static_cast<uid_t>(step.uid), static_cast<gid_t>(step.gid)) < 0)
      return fail("lchown", errno, step.target);
    if (chmod(path, step.mode & 07777) < 0) fail("chmod", errno, step.target);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  std::vector<Step> steps_;
};

std::optional<std::string> maybe(const Napi::Value &value) {
  if (!value.IsString()) return std::nullopt;
  return value.As<Napi::String>().Utf8Value();
}

}  // namespace

// runMounts(joins, [{ kind, source?, target, type?, flags, data?, mode?, major?, minor?, uid?, gid? }]): a promise; steps
// before a failed one stay done
static Napi::Value runMounts(const Napi::CallbackInfo &info) {
  std::vector<Step> steps;
  const auto list = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto row = Napi::Value(list.Get(i)).As<Napi::Object>();
    const auto number = [&row](const char *name, double missing) { return numberIn(row, name, missing); };
    steps.push_back({static_cast<Kind>(static_cast<int>(number("kind", 0))), maybe(row.Get("source")),
                     maybe(row.Get("type")), maybe(row.Get("data")), row.Get("target").As<Napi::String>().Utf8Value(),
                     static_cast<unsigned long>(number("flags", 0)), static_cast<mode_t>(number("mode", 0)),
                     makedev(static_cast<unsigned>(number("major", 0)), static_cast<unsigned>(number("minor", 0))),
                     static_cast<long>(number("uid", -1)), static_cast<long>(number("gid", -1))});
  }
  return (new MountTask(info.Env(), intsOf(info[0]), std::move(steps)))->start();
}

void initMounts(Napi::Env env, Napi::Object exports) { add(env, exports, "runMounts", runMounts); }

}  // namespace virt
