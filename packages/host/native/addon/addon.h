// SPDX-License-Identifier: LGPL-2.1-or-later
// What every facility of the addon needs: errors as Node's own, and work off the thread of JavaScript.
#pragma once

#include <napi.h>
#include <sys/resource.h>

#include <string>

namespace virt {

// Each facility adds its functions to the exports.
void initPeer(Napi::Env env, Napi::Object exports);
void initWatch(Napi::Env env, Napi::Object exports);
void initSockets(Napi::Env env, Napi::Object exports);
void initLocks(Napi::Env env, Napi::Object exports);
void initPidfd(Napi::Env env, Napi::Object exports);
void initPty(Napi::Env env, Napi::Object exports);
void initSpawn(Napi::Env env, Napi::Object exports);
void initNamespaces(Napi::Env env, Napi::Object exports);
void initMounts(Napi::Env env, Napi::Object exports);
void initNetlink(Napi::Env env, Napi::Object exports);
void initMemory(Napi::Env env, Napi::Object exports);
void initAttributes(Napi::Env env, Napi::Object exports);
void initReplacing(Napi::Env env, Napi::Object exports);
void initUsers(Napi::Env env, Napi::Object exports);
void initScheduling(Napi::Env env, Napi::Object exports);
void initLimits(Napi::Env env, Napi::Object exports);
void initRights(Napi::Env env, Napi::Object exports);
void initGss(Napi::Env env, Napi::Object exports);
void initCpuid(Napi::Env env, Napi::Object exports);

// Where a system call failed, to be told to JavaScript later.
struct Failure {
  int error = 0;
  const char *syscall = "";
  std::string path;
};

// An Error with code, errno (negative, as Node has it), syscall and path.
Napi::Value errorOf(Napi::Env env, const Failure &failure);

// Throws that error into JavaScript. Returns what the calling function is to return.
Napi::Value raise(Napi::Env env, const char *syscall, int error, const std::string &path = {});

void add(Napi::Env env, Napi::Object exports, const char *name, Napi::Value (*function)(const Napi::CallbackInfo &));

inline int intOf(const Napi::Value &value) { return value.As<Napi::Number>().Int32Value(); }

// A limit of a resource from JavaScript, where nothing is none.
rlim_t limitOf(const Napi::Value &value);

// A number from an object, or `missing` where it has none.
double numberIn(const Napi::Object &object, const char *name, double missing);

// Work on a thread of libuv's pool. `work` runs without JavaScript, then exactly one of `result` and a rejection.
class Task : public Napi::AsyncWorker {
 public:
  explicit Task(Napi::Env env) : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  // Hands the task to the pool; it deletes itself when it is done.
  Napi::Promise start() {
    Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 protected:
  virtual void work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;
  void fail(const char *syscall, int error, std::string path = {}) { failure_ = {error, syscall, std::move(path)}; }
  bool failed() const { return failure_.error != 0; }

 private:
  void Execute() final { work(); }
  void OnOK() final;

  Napi::Promise::Deferred deferred_;
  Failure failure_;
};

}  // namespace virt
