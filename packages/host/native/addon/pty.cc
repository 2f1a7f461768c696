// SPDX-License-Identifier: LGPL-2.1-or-later
// Pseudo terminals.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "addon.h"

namespace virt {

static int setSize(int fd, int rows, int columns) {
  winsize size{};
  size.ws_row = static_cast<unsigned short>(rows);
  size.ws_col = static_cast<unsigned short>(columns);
  return ioctl(fd, TIOCSWINSZ, &size);
}

// ptyOpen(rows, columns, raw): { fd, path }
static Napi::Value ptyOpen(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return raise(env, "posix_openpt", errno);
  const auto fail = [&](const char *syscall) {
    const int error = errno;
    close(fd);
    return raise(env, syscall, error);
  };
  char path[128];
  if (grantpt(fd) < 0) return fail("grantpt");
  if (unlockpt(fd) < 0) return fail("unlockpt");
  if (ptsname_r(fd, path, sizeof path) != 0) return fail("ptsname_r");
  if (setSize(fd, intOf(info[0]), intOf(info[1])) < 0) return fail("ioctl");
  if (info[2].As<Napi::Boolean>()) {
    termios mode{};
    if (tcgetattr(fd, &mode) < 0) return fail("tcgetattr");
    cfmakeraw(&mode);
    if (tcsetattr(fd, TCSANOW, &mode) < 0) return fail("tcsetattr");
  }
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("fd", fd);
  answer.Set("path", path);
  return answer;
}

// ptyPeer(fd): the other end, by the descriptor and not by its name, which may mean another terminal in another namespace
static Napi::Value ptyPeer(const Napi::CallbackInfo &info) {
  const int fd = ioctl(intOf(info[0]), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return raise(info.Env(), "ioctl", errno);
  return Napi::Number::New(info.Env(), fd);
}

// ptyResize(fd, rows, columns)
static Napi::Value ptyResize(const Napi::CallbackInfo &info) {
  if (setSize(intOf(info[0]), intOf(info[1]), intOf(info[2])) < 0) return raise(info.Env(), "ioctl", errno);
  return info.Env().Undefined();
}

// ptySize(fd): [rows, columns]
static Napi::Value ptySize(const Napi::CallbackInfo &info) {
  winsize size{};
  if (ioctl(intOf(info[0]), TIOCGWINSZ, &size) < 0) return raise(info.Env(), "ioctl", errno);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, size.ws_row);
  answer.Set(1u, size.ws_col);
  return answer;
}

void initPty(Napi::Env env, Napi::Object exports) {
  add(env, exports, "ptyOpen", ptyOpen);
  add(env, exports, "ptyPeer", ptyPeer);
  add(env, exports, "ptyResize", ptyResize);
  add(env, exports, "ptySize", ptySize);
}

}  // namespace virt
