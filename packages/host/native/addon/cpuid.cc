// SPDX-License-Identifier: LGPL-2.1-or-later
// What the processor says of itself: CPUID, and registers as KVM tells them.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "addon.h"
#include "namespaces.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define VIRT_HAS_CPUID
#endif

namespace virt {

// cpuid(leaf, subleaf): [EAX, EBX, ECX, EDX], or undefined where processors have no such instruction
static Napi::Value cpuid(const Napi::CallbackInfo &info) {
#ifdef VIRT_HAS_CPUID
  uint32_t registers[4] = {};
  __cpuid_count(info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value(), registers[0],
                registers[1], registers[2], registers[3]);
  Napi::Array answer = Napi::Array::New(info.Env(), 4);
  for (uint32_t i = 0; i < 4; i++) answer.Set(i, registers[i]);
  return answer;
#else
  return info.Env().Undefined();
#endif
}

namespace {

struct Fd {
  explicit Fd(int fd) : fd(fd) {}
  ~Fd() {
    if (fd >= 0) close(fd);
  }
  Fd(const Fd &) = delete;
  Fd &operator=(const Fd &) = delete;

  int fd;
};

#ifdef VIRT_HAS_CPUID

// The kernel's own struct for this call has another size in C++ than in C, and with it the call another number.
struct ListHead {
  uint32_t count;
  uint32_t unused;
};
struct List {
  ListHead head;
  kvm_msr_entry entry;
};
constexpr unsigned long getRegisters = _IOWR(KVMIO, 0x88, ListHead);

class RegistersTask : public Task {
 public:
  RegistersTask(Napi::Env env, std::string device, std::vector<int> numbers)
      : Task(env), device_(std::move(device)), numbers_(std::move(numbers)) {}

 protected:
  void work() override {
    const Fd kvm{open(device_.c_str(), O_RDONLY | O_CLOEXEC)};
    if (kvm.fd < 0) return fail("open", errno, device_);
    for (const int number : numbers_) {
      List list{{1, 0}, {}};
      list.entry.index = static_cast<uint32_t>(number);
      const bool told = ioctl(kvm.fd, getRegisters, &list) == 1;
      values_.push_back(told ? std::optional<uint64_t>(list.entry.data) : std::nullopt);
    }
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Array answer = Napi::Array::New(env, values_.size());
    for (uint32_t i = 0; i < values_.size(); i++)
      answer.Set(i, values_[i] ? Napi::Value(Napi::BigInt::New(env, *values_[i])) : env.Undefined());
    return answer;
  }

 private:
  std::string device_;
  std::vector<int> numbers_;
  std::vector<std::optional<uint64_t>> values_;
};

class CounterTask : public Task {
 public:
  CounterTask(Napi::Env env, std::string device) : Task(env), device_(std::move(device)) {}

 protected:
  void work() override {
    const Fd kvm{open(device_.c_str(), O_RDONLY | O_CLOEXEC)};
    if (kvm.fd < 0) return fail("open", errno, device_);
    const Fd machine{ioctl(kvm.fd, KVM_CREATE_VM, 0)};
    if (machine.fd < 0) return fail("ioctl", errno, device_);
    const Fd processor{ioctl(machine.fd, KVM_CREATE_VCPU, 0)};
    if (processor.fd < 0) return fail("ioctl", errno, device_);
    kilohertz_ = ioctl(processor.fd, KVM_GET_TSC_KHZ, 0);
    if (kilohertz_ < 0) return fail("ioctl", errno, device_);
    scaling_ = ioctl(kvm.fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL);
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("kilohertz", kilohertz_);
    if (scaling_ >= 0) answer.Set("scaling", scaling_ > 0);
    return answer;
  }

 private:
  std::string device_;
  int kilohertz_ = 0;
  int scaling_ = -1;
};

#endif

}  // namespace

// kvmRegisters(device, numbers): values of model specific registers, undefined for those that KVM does not tell of
static Napi::Value kvmRegisters(const Napi::CallbackInfo &info) {
#ifdef VIRT_HAS_CPUID
  return (new RegistersTask(info.Env(), info[0].As<Napi::String>(), intsOf(info[1])))->start();
#else
  return raise(info.Env(), "ioctl", ENOSYS);
#endif
}

// kvmCounter(device): { kilohertz, scaling } of the time stamp counter that guests get
static Napi::Value kvmCounter(const Napi::CallbackInfo &info) {
#ifdef VIRT_HAS_CPUID
  return (new CounterTask(info.Env(), info[0].As<Napi::String>()))->start();
#else
  return raise(info.Env(), "ioctl", ENOSYS);
#endif
}

void initCpuid(Napi::Env env, Napi::Object exports) {
  add(env, exports, "cpuid", cpuid);
  add(env, exports, "kvmRegisters", kvmRegisters);
  add(env, exports, "kvmCounter", kvmCounter);
}

}  // namespace virt
