// SPDX-License-Identifier: LGPL-2.1-or-later
// Locks that belong to an open file (OFD): closing another descriptor of the same file does not drop them.
#include <fcntl.h>

#include <cerrno>

#include "addon.h"

namespace virt {

static struct flock rangeOf(const Napi::CallbackInfo &info) {
  struct flock range {};
  range.l_type = static_cast<short>(intOf(info[1]) == 2 ? F_WRLCK : intOf(info[1]) == 1 ? F_RDLCK : F_UNLCK);
  range.l_whence = SEEK_SET;
  range.l_start = info[2].As<Napi::Number>().Int64Value();
  range.l_len = info[3].As<Napi::Number>().Int64Value();
  return range;
}

// lockRange(fd, 0 unlock | 1 shared | 2 exclusive, start, length): whether it could be had at once
static Napi::Value lockRange(const Napi::CallbackInfo &info) {
  struct flock range = rangeOf(info);
  if (fcntl(intOf(info[0]), F_OFD_SETLK, &range) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno == EAGAIN || errno == EACCES) return Napi::Boolean::New(info.Env(), false);
  return raise(info.Env(), "fcntl", errno);
}

// testRange(fd, 1 shared | 2 exclusive, start, length): whether somebody else stands in the way
static Napi::Value testRange(const Napi::CallbackInfo &info) {
  struct flock range = rangeOf(info);
  if (fcntl(intOf(info[0]), F_OFD_GETLK, &range) < 0) return raise(info.Env(), "fcntl", errno);
  return Napi::Boolean::New(info.Env(), range.l_type != F_UNLCK);
}

void initLocks(Napi::Env env, Napi::Object exports) {
  add(env, exports, "lockRange", lockRange);
  add(env, exports, "testRange", testRange);
}

}  // namespace virt
