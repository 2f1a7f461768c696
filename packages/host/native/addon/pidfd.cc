// SPDX-License-Identifier: LGPL-2.1-or-later
// Processes held by a descriptor: what is signalled is the process that was meant, or nobody.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "addon.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

namespace virt {

static Napi::Value pidfdOpen(const Napi::CallbackInfo &info) {
  const long fd = syscall(SYS_pidfd_open, intOf(info[0]), 0);
  if (fd < 0) return raise(info.Env(), "pidfd_open", errno);
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

// pidfdSignal(pidfd, signal)
static Napi::Value pidfdSignal(const Napi::CallbackInfo &info) {
  if (syscall(SYS_pidfd_send_signal, intOf(info[0]), intOf(info[1]), nullptr, 0) < 0)
    return raise(info.Env(), "pidfd_send_signal", errno);
  return info.Env().Undefined();
}

// pidfdEnded(pidfd): whether the process has ended, reaped or not
static Napi::Value pidfdEnded(const Napi::CallbackInfo &info) {
  pollfd one{intOf(info[0]), POLLIN, 0};
  int count;
  // A signal that we handle interrupts even a poll that does not wait.
  do count = poll(&one, 1, 0);
  while (count < 0 && errno == EINTR);
  if (count < 0) return raise(info.Env(), "poll", errno);
  return Napi::Boolean::New(info.Env(), count > 0);
}

// pidfdEnd(pidfd, whether to reap it): { code } or { signal } of a child of ours; {} of somebody else's; undefined while it runs
static Napi::Value pidfdEnd(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  siginfo_t what{};
  // A child of child_process is libuv's to reap: look only.
  const int options = WEXITED | WNOHANG | (info[1].As<Napi::Boolean>() ? 0 : WNOWAIT);
  int error;
  do {
    const int done = waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(intOf(info[0])), &what, options);
    error = done < 0 ? errno : 0;
  } while (error == EINTR);
  Napi::Object answer = Napi::Object::New(env);
  if (error == ECHILD) return answer;
  if (error != 0) return raise(env, "waitid", error);
  if (what.si_pid == 0) return env.Undefined();
  answer.Set(what.si_code == CLD_EXITED ? "code" : "signal", what.si_status);
  return answer;
}

void initPidfd(Napi::Env env, Napi::Object exports) {
  add(env, exports, "pidfdOpen", pidfdOpen);
  add(env, exports, "pidfdSignal", pidfdSignal);
  add(env, exports, "pidfdEnded", pidfdEnded);
  add(env, exports, "pidfdEnd", pidfdEnd);
}

}  // namespace virt
