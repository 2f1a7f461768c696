// SPDX-License-Identifier: LGPL-2.1-or-later
// What a thread, and all that it starts from now on, may do at most.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "addon.h"

namespace virt {

// limitRights(capabilities to keep, one bit each; no new privileges)
static Napi::Value limitRights(const Napi::CallbackInfo &info) {
  bool exact = false;
  const uint64_t keep = info[0].As<Napi::BigInt>().Uint64Value(&exact);
  const bool noNewPrivileges = info[1].As<Napi::Boolean>().Value();
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return raise(info.Env(), "capget", errno);
  const uint64_t setpcap = 1ULL << CAP_SETPCAP;
  const uint64_t effective = data[0].effective | static_cast<uint64_t>(data[1].effective) << 32;
  // Without this right the bounding set stays; what is permitted can be given up all the same.
  if ((effective & setpcap) != 0)
    for (unsigned one = 0; prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; one++)
      if ((keep >> one & 1) == 0 && prctl(PR_CAPBSET_DROP, one, 0, 0, 0) < 0) return raise(info.Env(), "prctl", errno);
  for (int i = 0; i < 2; i++) {
    const auto part = static_cast<uint32_t>(keep >> (32 * i));
    data[i].effective &= part;
    data[i].permitted &= part;
    // What is ambient has to be inheritable, and goes with it.
    data[i].inheritable &= part;
  }
  if (syscall(SYS_capset, &header, data) < 0) return raise(info.Env(), "capset", errno);
  if (noNewPrivileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return raise(info.Env(), "prctl", errno);
  return info.Env().Undefined();
}

void initRights(Napi::Env env, Napi::Object exports) { add(env, exports, "limitRights", limitRights); }

}  // namespace virt
