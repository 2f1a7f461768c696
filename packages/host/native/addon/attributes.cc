// SPDX-License-Identifier: LGPL-2.1-or-later
// Extended attributes of files.
#include <sys/xattr.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "addon.h"

namespace virt {

namespace {

enum class Do { get, set, remove };

class AttributeTask final : public Task {
 public:
  AttributeTask(Napi::Env env, Do what, std::string path, std::string name, std::string value)
      : Task(env), what_(what), path_(std::move(path)), name_(std::move(name)), value_(std::move(value)) {}

 private:
  void work() override {
    switch (what_) {
      case Do::get:
        return read();
      case Do::set:
        if (setxattr(path_.c_str(), name_.c_str(), value_.data(), value_.size(), 0) < 0) fail("setxattr", errno, path_);
        return;
      case Do::remove:
        if (removexattr(path_.c_str(), name_.c_str()) < 0 && errno != ENODATA) fail("removexattr", errno, path_);
    }
  }

  void read() {
    // The most that Linux keeps in one.
    std::vector<char> room(65536);
    const ssize_t size = getxattr(path_.c_str(), name_.c_str(), room.data(), room.size());
    if (size >= 0)
      found_.emplace(room.data(), static_cast<size_t>(size));
    else if (errno != ENODATA)
      fail("getxattr", errno, path_);
  }

  Napi::Value result(Napi::Env env) override {
    if (!found_) return env.Undefined();
    return Napi::Buffer<char>::Copy(env, found_->data(), found_->size());
  }

  Do what_;
  std::string path_, name_, value_;
  std::optional<std::string> found_;
};

Napi::Value start(const Napi::CallbackInfo &info, Do what) {
  std::string value;
  if (what == Do::set) {
    const auto bytes = info[2].As<Napi::Uint8Array>();
    value.assign(reinterpret_cast<const char *>(bytes.Data()), bytes.ByteLength());
  }
  return (new AttributeTask(info.Env(), what, info[0].As<Napi::String>().Utf8Value(),
                            info[1].As<Napi::String>().Utf8Value(), std::move(value)))
      ->start();
}

}  // namespace

// getAttribute(path, name): a promise of its bytes; undefined where the file has none such
static Napi::Value getAttribute(const Napi::CallbackInfo &info) { return start(info, Do::get); }

// setAttribute(path, name, bytes)
static Napi::Value setAttribute(const Napi::CallbackInfo &info) { return start(info, Do::set); }

// removeAttribute(path, name): also where there is none
static Napi::Value removeAttribute(const Napi::CallbackInfo &info) { return start(info, Do::remove); }

void initAttributes(Napi::Env env, Napi::Object exports) {
  add(env, exports, "getAttribute", getAttribute);
  add(env, exports, "setAttribute", setAttribute);
  add(env, exports, "removeAttribute", removeAttribute);
}

}  // namespace virt
