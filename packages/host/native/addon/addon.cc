// SPDX-License-Identifier: LGPL-2.1-or-later
#include "addon.h"

#include <uv.h>

namespace virt {

Napi::Value errorOf(Napi::Env env, const Failure &failure) {
  const int number = -failure.error;
  const std::string code = uv_err_name(number);
  std::string text = code + ": " + uv_strerror(number) + ", " + failure.syscall;
  if (!failure.path.empty()) text += " '" + failure.path + "'";
  Napi::Object error = Napi::Error::New(env, text).Value();
  error.Set("code", code);
  error.Set("errno", number);
  error.Set("syscall", failure.syscall);
  if (!failure.path.empty()) error.Set("path", failure.path);
  return error;
}

Napi::Value raise(Napi::Env env, const char *syscall, int error, const std::string &path) {
  napi_throw(env, errorOf(env, {error, syscall, path}));
  return env.Undefined();
}

void add(Napi::Env env, Napi::Object exports, const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) {
  exports.Set(name, Napi::Function::New(env, function, name));
}

double numberIn(const Napi::Object &object, const char *name, double missing) {
  const Napi::Value value = object.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : missing;
}

void Task::OnOK() {
  Napi::Env env = Env();
  Napi::HandleScope scope(env);
  if (failed())
    deferred_.Reject(errorOf(env, failure_));
  else
    deferred_.Resolve(result(env));
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  for (auto facility : {initPeer, initWatch, initSockets, initLocks, initPidfd, initPty, initSpawn, initNamespaces,
                        initMounts, initNetlink, initMemory, initAttributes, initReplacing, initUsers, initScheduling,
                        initLimits, initRights, initGss, initCpuid})
    facility(env, exports);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace virt
