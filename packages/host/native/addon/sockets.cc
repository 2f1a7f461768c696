// SPDX-License-Identifier: LGPL-2.1-or-later
// Unix sockets with what Node leaves out: datagrams, and descriptors that travel with the bytes. Nothing here blocks.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "addon.h"

namespace virt {

namespace {

// The kernel's own limit for one message (SCM_MAX_FD).
constexpr size_t maxFds = 253;

// A path, or an abstract name that begins with a zero byte. False when it is too long.
bool addressOf(const std::string &path, sockaddr_un &address, socklen_t &length) {
  std::memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  const bool abstract = !path.empty() && path[0] == '\0';
  if (path.size() + (abstract ? 0 : 1) > sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return true;
}

std::string pathOf(const sockaddr_un &address, socklen_t length) {
  if (length <= offsetof(sockaddr_un, sun_path)) return {};
  const size_t size = length - offsetof(sockaddr_un, sun_path);
  if (address.sun_path[0] == '\0') return {address.sun_path, size};
  return {address.sun_path, strnlen(address.sun_path, size)};
}

std::string textOf(const Napi::Value &value) { return value.As<Napi::String>().Utf8Value(); }

}  // namespace

// unixSocket(type): type 1 stream, 2 datagrams, 5 packets in order
static Napi::Value unixSocket(const Napi::CallbackInfo &info) {
  const int fd = socket(AF_UNIX, intOf(info[0]) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return raise(info.Env(), "socket", errno);
  return Napi::Number::New(info.Env(), fd);
}

// socketPair(type): [fd, fd]
static Napi::Value socketPair(const Napi::CallbackInfo &info) {
  int fds[2];
  if (socketpair(AF_UNIX, intOf(info[0]) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
    return raise(info.Env(), "socketpair", errno);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, fds[0]);
  answer.Set(1u, fds[1]);
  return answer;
}

using Attach = int (*)(int, const sockaddr *, socklen_t);

static Napi::Value attach(const Napi::CallbackInfo &info, const char *syscall, Attach function) {
  const std::string path = textOf(info[1]);
  sockaddr_un address;
  socklen_t length;
  if (!addressOf(path, address, length)) return raise(info.Env(), syscall, ENAMETOOLONG, path);
  if (function(intOf(info[0]), reinterpret_cast<sockaddr *>(&address), length) < 0)
    return raise(info.Env(), syscall, errno, path);
  return info.Env().Undefined();
}

static Napi::Value bindUnix(const Napi::CallbackInfo &info) { return attach(info, "bind", bind); }
static Napi::Value connectUnix(const Napi::CallbackInfo &info) { return attach(info, "connect", connect); }

// listenUnix(fd, backlog)
static Napi::Value listenUnix(const Napi::CallbackInfo &info) {
  if (listen(intOf(info[0]), intOf(info[1])) < 0) return raise(info.Env(), "listen", errno);
  return info.Env().Undefined();
}

// sendMessage(fd, bytes, fds, path?): how many bytes went, or -1 when the socket is full
static Napi::Value sendMessage(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto bytes = info[1].As<Napi::Uint8Array>();
  auto fds = info[2].As<Napi::Array>();
  const size_t count = fds.Length();
  if (count > maxFds) return raise(env, "sendmsg", EINVAL);

  iovec part{bytes.Data(), bytes.ByteLength()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::string path;
  sockaddr_un address;
  if (info[3].IsString()) {
    path = textOf(info[3]);
    socklen_t length;
    if (!addressOf(path, address, length)) return raise(env, "sendmsg", ENAMETOOLONG, path);
    message.msg_name = &address;
    message.msg_namelen = length;
  }
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxFds)] = {};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    for (uint32_t i = 0; i < count; i++) {
      const int fd = intOf(fds.Get(i));
      std::memcpy(CMSG_DATA(header) + sizeof(int) * i, &fd, sizeof fd);
    }
  }
  ssize_t sent;
  do {
    sent = sendmsg(intOf(info[0]), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return raise(env, "sendmsg", errno, path);
  return Napi::Number::New(env, static_cast<double>(sent));
}

// receiveMessage(fd, into): { size, fds, path?, truncated }, or undefined when nothing is there
static Napi::Value receiveMessage(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto into = info[1].As<Napi::Uint8Array>();
  iovec part{into.Data(), into.ByteLength()};
  sockaddr_un address{};
  // As large as the kernel can fill it, so that no descriptor is lost half-way.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxFds)];
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size;
  do {
    size = recvmsg(intOf(info[0]), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return env.Undefined();
    return raise(env, "recvmsg", errno);
  }
  Napi::Array fds = Napi::Array::New(env);
  for (cmsghdr *header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + sizeof(int) * i, sizeof fd);
      fds.Set(fds.Length(), fd);
    }
  }
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("size", static_cast<double>(size));
  answer.Set("fds", fds);
  answer.Set("truncated", (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0);
  const std::string path = pathOf(address, message.msg_namelen);
  if (!path.empty()) answer.Set("path", path);
  return answer;
}

void initSockets(Napi::Env env, Napi::Object exports) {
  add(env, exports, "unixSocket", unixSocket);
  add(env, exports, "socketPair", socketPair);
  add(env, exports, "bindUnix", bindUnix);
  add(env, exports, "connectUnix", connectUnix);
  add(env, exports, "listenUnix", listenUnix);
  add(env, exports, "sendMessage", sendMessage);
  add(env, exports, "receiveMessage", receiveMessage);
}

}  // namespace virt
