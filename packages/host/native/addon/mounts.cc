// SPDX-License-Identifier: LGPL-2.1-or-later
// Mounts, in our own mount namespace or in another.
#include <sys/mount.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "namespaces.h"

namespace virt {

namespace {

struct Step {
  bool mount;
  std::optional<std::string> source, type, data;
  std::string target;
  unsigned long flags;
};

class MountTask final : public NamespaceTask {
 public:
  MountTask(Napi::Env env, std::vector<int> joins, std::vector<Step> steps)
      : NamespaceTask(env, std::move(joins), 0), steps_(std::move(steps)) {}

 private:
  static const char *text(const std::optional<std::string> &value) { return value ? value->c_str() : nullptr; }

  void inside() override {
    for (const Step &step : steps_) {
      if (!step.mount) {
        if (umount2(step.target.c_str(), static_cast<int>(step.flags)) < 0) return fail("umount2", errno, step.target);
        continue;
      }
      const char *source = step.source ? step.source->c_str() : "none";
      if (mount(source, step.target.c_str(), text(step.type), step.flags, text(step.data)) < 0)
        return fail("mount", errno, step.target);
    }
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  std::vector<Step> steps_;
};

std::optional<std::string> maybe(const Napi::Value &value) {
  if (!value.IsString()) return std::nullopt;
  return value.As<Napi::String>().Utf8Value();
}

}  // namespace

// runMounts(joins, [{ mount, source?, target, type?, flags, data? }]): a promise; steps before a failed one stay done
static Napi::Value runMounts(const Napi::CallbackInfo &info) {
  std::vector<Step> steps;
  const auto list = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto row = Napi::Value(list.Get(i)).As<Napi::Object>();
    steps.push_back({row.Get("mount").As<Napi::Boolean>(), maybe(row.Get("source")), maybe(row.Get("type")),
                     maybe(row.Get("data")), row.Get("target").As<Napi::String>().Utf8Value(),
                     static_cast<unsigned long>(numberIn(row, "flags", 0))});
  }
  return (new MountTask(info.Env(), intsOf(info[0]), std::move(steps)))->start();
}

void initMounts(Napi::Env env, Napi::Object exports) { add(env, exports, "runMounts", runMounts); }

}  // namespace virt
