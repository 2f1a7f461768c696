// SPDX-License-Identifier: LGPL-2.1-or-later
// Which processors a thread may run on, and how it is scheduled there.
#include <sched.h>

#include <cerrno>
#include <vector>

#include "addon.h"
#include "namespaces.h"

namespace virt {

namespace {

// As many as kernels are built for.
constexpr int mostCpus = 8192;

struct CpuSet {
  CpuSet() : set(CPU_ALLOC(mostCpus)), size(CPU_ALLOC_SIZE(mostCpus)) { CPU_ZERO_S(size, set); }
  ~CpuSet() { CPU_FREE(set); }
  CpuSet(const CpuSet &) = delete;
  CpuSet &operator=(const CpuSet &) = delete;

  cpu_set_t *set;
  size_t size;
};

}  // namespace

// getAffinity(thread): numbers of processors
static Napi::Value getAffinity(const Napi::CallbackInfo &info) {
  CpuSet cpus;
  if (sched_getaffinity(intOf(info[0]), cpus.size, cpus.set) < 0) return raise(info.Env(), "sched_getaffinity", errno);
  Napi::Array answer = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (int cpu = 0; cpu < mostCpus; cpu++)
    if (CPU_ISSET_S(static_cast<size_t>(cpu), cpus.size, cpus.set)) answer.Set(count++, cpu);
  return answer;
}

// setAffinity(thread, numbers of processors below 8192)
static Napi::Value setAffinity(const Napi::CallbackInfo &info) {
  CpuSet cpus;
  for (const int cpu : intsOf(info[1])) CPU_SET_S(static_cast<size_t>(cpu), cpus.size, cpus.set);
  if (sched_setaffinity(intOf(info[0]), cpus.size, cpus.set) < 0) return raise(info.Env(), "sched_setaffinity", errno);
  return info.Env().Undefined();
}

// setScheduler(thread, policy, priority)
static Napi::Value setScheduler(const Napi::CallbackInfo &info) {
  sched_param param{};
  param.sched_priority = intOf(info[2]);
  if (sched_setscheduler(intOf(info[0]), intOf(info[1]), &param) < 0)
    return raise(info.Env(), "sched_setscheduler", errno);
  return info.Env().Undefined();
}

void initScheduling(Napi::Env env, Napi::Object exports) {
  add(env, exports, "getAffinity", getAffinity);
  add(env, exports, "setAffinity", setAffinity);
  add(env, exports, "setScheduler", setScheduler);
}

}  // namespace virt
