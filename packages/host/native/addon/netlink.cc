// SPDX-License-Identifier: LGPL-2.1-or-later
// Netlink sockets and tun/tap devices: both belong to the network namespace that they were made in. What is said over
// netlink is TypeScript's business.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "namespaces.h"

namespace virt {

namespace {

class SocketTask final : public NamespaceTask {
 public:
  SocketTask(Napi::Env env, std::vector<int> joins, int protocol, uint32_t groups)
      : NamespaceTask(env, std::move(joins), 0), protocol_(protocol), groups_(groups) {}

 private:
  void inside() override {
    fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol_);
    if (fd_ < 0) return fail("socket", errno);
    // Errors without our own request in them, with the kernel's words where it has some.
    const int on = 1;
    setsockopt(fd_, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    setsockopt(fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups_;
    if (bind(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0) return;
    fail("bind", errno);
    close(fd_);
  }

  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, fd_); }

  int protocol_, fd_ = -1;
  uint32_t groups_;
};

class TapTask final : public NamespaceTask {
 public:
  TapTask(Napi::Env env, std::vector<int> joins, std::string name, int flags, int persist, double owner, double group)
      : NamespaceTask(env, std::move(joins), 0),
        name_(std::move(name)), flags_(flags), persist_(persist), owner_(owner), group_(group) {}

 private:
  void inside() override {
    fd_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd_ < 0) return fail("open", errno, "/dev/net/tun");
    ifreq request{};
    std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = static_cast<short>(flags_);
    if (ioctl(fd_, TUNSETIFF, &request) < 0) return undo();
    if (owner_ >= 0 && ioctl(fd_, TUNSETOWNER, static_cast<unsigned long>(owner_)) < 0) return undo();
    if (group_ >= 0 && ioctl(fd_, TUNSETGROUP, static_cast<unsigned long>(group_)) < 0) return undo();
    if (persist_ >= 0 && ioctl(fd_, TUNSETPERSIST, persist_) < 0) return undo();
    name_ = request.ifr_name;
  }

  void undo() {
    fail("ioctl", errno, name_);
    close(fd_);
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("fd", fd_);
    answer.Set("name", name_);
    return answer;
  }

  std::string name_;
  int flags_, persist_, fd_ = -1;
  double owner_, group_;
};

}  // namespace

// netlinkOpen(joins, protocol, groups): a promise of a descriptor
static Napi::Value netlinkOpen(const Napi::CallbackInfo &info) {
  const uint32_t groups = info[2].As<Napi::Number>().Uint32Value();
  return (new SocketTask(info.Env(), intsOf(info[0]), intOf(info[1]), groups))->start();
}

// netlinkSend(fd, bytes): to the kernel
static Napi::Value netlinkSend(const Napi::CallbackInfo &info) {
  auto bytes = info[1].As<Napi::Uint8Array>();
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto *address = reinterpret_cast<sockaddr *>(&kernel);
  if (sendto(intOf(info[0]), bytes.Data(), bytes.ByteLength(), MSG_DONTWAIT, address, sizeof kernel) < 0)
    return raise(info.Env(), "sendto", errno);
  return info.Env().Undefined();
}

// netlinkReceive(fd, into): how many bytes came from the kernel; -1 for none. Messages of anybody else are dropped.
static Napi::Value netlinkReceive(const Napi::CallbackInfo &info) {
  auto into = info[1].As<Napi::Uint8Array>();
  for (;;) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(intOf(info[0]), into.Data(), into.ByteLength(), MSG_DONTWAIT | MSG_TRUNC,
                                  reinterpret_cast<sockaddr *>(&from), &length);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Napi::Number::New(info.Env(), -1);
    if (size < 0) return raise(info.Env(), "recvfrom", errno);
    if (from.nl_pid != 0) continue;
    if (static_cast<size_t>(size) > into.ByteLength()) return raise(info.Env(), "recvfrom", EMSGSIZE);
    return Napi::Number::New(info.Env(), static_cast<double>(size));
  }
}

// tapOpen(joins, name, flags, persist -1 | 0 | 1, owner, group): a promise of { fd, name }
static Napi::Value tapOpen(const Napi::CallbackInfo &info) {
  const double owner = info[4].As<Napi::Number>().DoubleValue(), group = info[5].As<Napi::Number>().DoubleValue();
  return (new TapTask(info.Env(), intsOf(info[0]), info[1].As<Napi::String>().Utf8Value(), intOf(info[2]),
                      intOf(info[3]), owner, group))
      ->start();
}

void initNetlink(Napi::Env env, Napi::Object exports) {
  add(env, exports, "netlinkOpen", netlinkOpen);
  add(env, exports, "netlinkSend", netlinkSend);
  add(env, exports, "netlinkReceive", netlinkReceive);
  add(env, exports, "tapOpen", tapOpen);
}

}  // namespace virt
