// SPDX-License-Identifier: LGPL-2.1-or-later
// What processes that run already may use of a resource.
#include <sys/resource.h>

#include <cerrno>

#include "addon.h"

namespace virt {

// C libraries differ in the type that numbers resources.
template <class Resource>
static int ask(int (*call)(pid_t, Resource, const rlimit *, rlimit *), const Napi::CallbackInfo &info, const rlimit *set,
               rlimit *got) {
  return call(intOf(info[0]), static_cast<Resource>(intOf(info[1])), set, got);
}

// A limit as JavaScript has it: nothing is none.
static Napi::Value valueOf(Napi::Env env, rlim_t limit) {
  return limit == RLIM_INFINITY ? env.Undefined() : Napi::Value(Napi::BigInt::New(env, static_cast<uint64_t>(limit)));
}

rlim_t limitOf(const Napi::Value &value) {
  bool exact;
  return value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&exact) : RLIM_INFINITY;
}

// getLimit(process, resource): [soft, hard]
static Napi::Value getLimit(const Napi::CallbackInfo &info) {
  rlimit limit{};
  if (ask(prlimit, info, nullptr, &limit) < 0) return raise(info.Env(), "prlimit", errno);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, valueOf(info.Env(), limit.rlim_cur));
  answer.Set(1u, valueOf(info.Env(), limit.rlim_max));
  return answer;
}

// setLimit(process, resource, soft, hard)
static Napi::Value setLimit(const Napi::CallbackInfo &info) {
  const rlimit limit{limitOf(info[2]), limitOf(info[3])};
  if (ask(prlimit, info, &limit, nullptr) < 0) return raise(info.Env(), "prlimit", errno);
  return info.Env().Undefined();
}

void initLimits(Napi::Env env, Napi::Object exports) {
  add(env, exports, "getLimit", getLimit);
  add(env, exports, "setLimit", setLimit);
}

}  // namespace virt
