// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory of this process that its allocator keeps although nobody uses it.
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "addon.h"

namespace virt {

// Looks through every arena: off the thread of JavaScript.
class TrimTask : public Task {
 public:
  using Task::Task;

 protected:
  void work() override {
#ifdef __GLIBC__
    released_ = malloc_trim(0) != 0;
#endif
  }
  Napi::Value result(Napi::Env env) override { return Napi::Boolean::New(env, released_); }

 private:
  bool released_ = false;
};

// trimHeap(): whether anything was given back
static Napi::Value trimHeap(const Napi::CallbackInfo &info) { return (new TrimTask(info.Env()))->start(); }

void initMemory(Napi::Env env, Napi::Object exports) { add(env, exports, "trimHeap", trimHeap); }

}  // namespace virt
