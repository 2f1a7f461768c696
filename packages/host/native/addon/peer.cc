// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is at the other end of a unix socket, by the word of the kernel alone.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "addon.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace virt {

// peerCredentials(fd): { pid, uid, gid, label?, pidfd? }
static Napi::Value peerCredentials(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const int fd = intOf(info[0]);
  // Of other sockets the kernel says "pid 0, uid -1" without an error.
  int family = 0;
  socklen_t length = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0) return raise(env, "getsockopt", errno);
  if (family != AF_UNIX) return raise(env, "getsockopt", EAFNOSUPPORT);
  ucred cred{};
  length = sizeof cred;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) < 0) return raise(env, "getsockopt", errno);
  if (cred.uid == static_cast<uid_t>(-1)) return raise(env, "getsockopt", ENOTCONN);
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("pid", cred.pid);
  answer.Set("uid", static_cast<double>(cred.uid));
  answer.Set("gid", static_cast<double>(cred.gid));

  // Absent (ENOPROTOOPT) without a security module that labels sockets.
  std::string label(256, '\0');
  for (;;) {
    length = static_cast<socklen_t>(label.size());
    if (getsockopt(fd, SOL_SOCKET, SO_PEERSEC, label.data(), &length) == 0) {
      label.resize(length);
      while (!label.empty() && label.back() == '\0') label.pop_back();
      if (!label.empty()) answer.Set("label", label);
      break;
    }
    if (errno != ERANGE || length <= label.size() || length > 65536) break;
    label.resize(length);
  }

  // Since Linux 6.5. It names the process itself, which a number that is given anew does not.
  int pidfd = -1;
  length = sizeof pidfd;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0 && pidfd >= 0) answer.Set("pidfd", pidfd);
  return answer;
}

// The descriptor is the addon's to close: libuv does not know it.
static Napi::Value closeFd(const Napi::CallbackInfo &info) {
  if (close(intOf(info[0])) < 0 && errno != EINTR) return raise(info.Env(), "close", errno);
  return info.Env().Undefined();
}

void initPeer(Napi::Env env, Napi::Object exports) {
  add(env, exports, "peerCredentials", peerCredentials);
  add(env, exports, "closeFd", closeFd);
}

}  // namespace virt
