// SPDX-License-Identifier: LGPL-2.1-or-later
// GSS-API (RFC 2744) of the system's Kerberos, which is looked for when it is first wanted: it need not be there, nor
// its headers when this is built. The declarations are the standard's.
#include <dlfcn.h>

#include <cstdint>
#include <memory>
#include <mutex>

#include "addon.h"

namespace virt {

namespace {

struct Oid {
  uint32_t length;
  void *elements;
};
struct Bytes {
  size_t length = 0;
  void *value = nullptr;
};
struct ByteSet {
  size_t count;
  Bytes *elements;
};
using Handle = void *;

constexpr uint32_t kContinue = 1;
constexpr uint32_t kErrors = 0xffff0000U;
// mutual, replay, sequence, confidentiality, integrity
constexpr uint32_t kFlags = 2 | 4 | 8 | 16 | 32;
constexpr int kAccept = 2;
constexpr int kMajor = 1;
constexpr int kMinor = 2;

char hostService[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";
char userName[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01";
char kerberos[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
char strength[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x0f";
Oid hostServiceOid{sizeof hostService - 1, hostService};
Oid userNameOid{sizeof userName - 1, userName};
Oid kerberosOid{sizeof kerberos - 1, kerberos};
Oid strengthOid{sizeof strength - 1, strength};

struct Library {
  uint32_t (*import_name)(uint32_t *, Bytes *, Oid *, Handle *);
  uint32_t (*compare_name)(uint32_t *, Handle, Handle, int *);
  uint32_t (*display_name)(uint32_t *, Handle, Bytes *, Oid **);
  uint32_t (*release_name)(uint32_t *, Handle *);
  uint32_t (*acquire_cred)(uint32_t *, Handle, uint32_t, void *, int, Handle *, void *, uint32_t *);
  uint32_t (*release_cred)(uint32_t *, Handle *);
  uint32_t (*init_sec_context)(uint32_t *, Handle, Handle *, Handle, Oid *, uint32_t, uint32_t, void *, Bytes *, Oid **,
                               Bytes *, uint32_t *, uint32_t *);
  uint32_t (*accept_sec_context)(uint32_t *, Handle *, Handle, Bytes *, void *, Handle *, Oid **, Bytes *, uint32_t *,
                                 uint32_t *, Handle *);
  uint32_t (*delete_sec_context)(uint32_t *, Handle *, Bytes *);
  uint32_t (*display_status)(uint32_t *, uint32_t, int, Oid *, uint32_t *, Bytes *);
  uint32_t (*wrap)(uint32_t *, Handle, int, uint32_t, Bytes *, int *, Bytes *);
  uint32_t (*unwrap)(uint32_t *, Handle, Bytes *, Bytes *, int *, uint32_t *);
  uint32_t (*wrap_size_limit)(uint32_t *, Handle, int, uint32_t, uint32_t, uint32_t *);
  uint32_t (*release_buffer)(uint32_t *, Bytes *);
  uint32_t (*inquire_sec_context_by_oid)(uint32_t *, Handle, Oid *, ByteSet **);
  uint32_t (*release_buffer_set)(uint32_t *, ByteSet **);
};

const Library *library() {
  static Library found;
  static bool there = false;
  static std::once_flag once;
  std::call_once(once, [] {
    void *lib = dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_LOCAL);
    if (lib == nullptr) return;
    there = true;
    auto get = [&](auto &function, const char *name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(lib, name));
      if (function == nullptr) there = false;
    };
    get(found.import_name, "gss_import_name");
    get(found.compare_name, "gss_compare_name");
    get(found.display_name, "gss_display_name");
    get(found.release_name, "gss_release_name");
    get(found.acquire_cred, "gss_acquire_cred");
    get(found.release_cred, "gss_release_cred");
    get(found.init_sec_context, "gss_init_sec_context");
    get(found.accept_sec_context, "gss_accept_sec_context");
    get(found.delete_sec_context, "gss_delete_sec_context");
    get(found.display_status, "gss_display_status");
    get(found.wrap, "gss_wrap");
    get(found.unwrap, "gss_unwrap");
    get(found.wrap_size_limit, "gss_wrap_size_limit");
    get(found.release_buffer, "gss_release_buffer");
    get(found.inquire_sec_context_by_oid, "gss_inquire_sec_context_by_oid");
    get(found.release_buffer_set, "gss_release_buffer_set");
  });
  return there ? &found : nullptr;
}

// What the library gave out, copied and given back.
std::string taken(const Library &lib, Bytes &bytes) {
  std::string copy(static_cast<const char *>(bytes.value), bytes.length);
  uint32_t minor;
  lib.release_buffer(&minor, &bytes);
  return copy;
}

std::string statusText(const Library &lib, uint32_t code, int type) {
  std::string all;
  uint32_t more = 0;
  do {
    uint32_t minor;
    Bytes text;
    if ((lib.display_status(&minor, code, type, &kerberosOid, &more, &text) & kErrors) != 0) break;
    if (!all.empty()) all += "; ";
    all += taken(lib, text);
  } while (more != 0);
  return all;
}

// In the words others who use the library have for it.
std::string errorText(const Library &lib, uint32_t major, uint32_t minor) {
  return "GSSAPI Error: " + statusText(lib, major, kMajor) + " (" + statusText(lib, minor, kMinor) + ")";
}

struct Context {
  const Library &lib;
  const bool initiates;
  const std::string target;
  Handle name = nullptr;
  Handle credentials = nullptr;
  Handle context = nullptr;
  std::string peer;
  bool hasPeer = false;

  Context(const Library &lib, bool initiates, std::string target)
      : lib(lib), initiates(initiates), target(std::move(target)) {}
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;
  ~Context() {
    uint32_t minor;
    if (context != nullptr) lib.delete_sec_context(&minor, &context, nullptr);
    if (credentials != nullptr) lib.release_cred(&minor, &credentials);
    if (name != nullptr) lib.release_name(&minor, &name);
  }

  // What went wrong, or nothing.
  std::string prepare() {
    if (name != nullptr) return {};
    uint32_t minor;
    std::string text = target;
    Bytes bytes{text.size(), text.data()};
    uint32_t major = lib.import_name(&minor, &bytes, &hostServiceOid, &name);
    if ((major & kErrors) == 0 && !initiates)
      major = lib.acquire_cred(&minor, name, UINT32_MAX, nullptr, kAccept, &credentials, nullptr, nullptr);
    return (major & kErrors) == 0 ? std::string() : errorText(lib, major, minor);
  }

  std::string step(std::string in, std::string &out, bool &complete) {
    std::string wrong = prepare();
    if (!wrong.empty()) return wrong;
    uint32_t minor = 0, unused;
    Bytes input{in.size(), in.data()}, output;
    Handle source = nullptr;
    const uint32_t major =
        initiates ? lib.init_sec_context(&minor, nullptr, &context, name, &kerberosOid, kFlags, 0, nullptr,
                                         in.empty() ? nullptr : &input, nullptr, &output, nullptr, nullptr)
                  : lib.accept_sec_context(&minor, &context, credentials, &input, nullptr, &source, nullptr, &output,
                                           nullptr, nullptr, nullptr);
    out = taken(lib, output);
    if ((major & kErrors) == 0 && source != nullptr) peerIs(source);
    if (source != nullptr) lib.release_name(&unused, &source);
    if ((major & kErrors) != 0) return errorText(lib, major, minor);
    complete = (major & kContinue) == 0;
    return {};
  }

  // Principals of the realm of the house go without it.
  void peerIs(Handle source) {
    uint32_t minor;
    Bytes text;
    if ((lib.display_name(&minor, source, &text, nullptr) & kErrors) != 0) return;
    peer = taken(lib, text);
    hasPeer = true;
    const size_t at = peer.rfind('@');
    if (at == std::string::npos) return;
    std::string shorter = peer.substr(0, at);
    Bytes bytes{shorter.size(), shorter.data()};
    Handle local = nullptr;
    if ((lib.import_name(&minor, &bytes, &userNameOid, &local) & kErrors) != 0) return;
    int same = 0;
    if ((lib.compare_name(&minor, source, local, &same) & kErrors) == 0 && same != 0) peer = shorter;
    lib.release_name(&minor, &local);
  }

  // Bits of the cipher; libraries that do not tell have at least those of DES.
  int bits() const {
    uint32_t minor;
    ByteSet *set = nullptr;
    int found = 56;
    if ((lib.inquire_sec_context_by_oid(&minor, context, &strengthOid, &set) & kErrors) == 0 && set != nullptr &&
        set->count == 1 && set->elements[0].length == 4) {
      const auto *b = static_cast<const uint8_t *>(set->elements[0].value);
      found = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    }
    if (set != nullptr) lib.release_buffer_set(&minor, &set);
    return found;
  }
};

using Shared = std::shared_ptr<Context>;

Context &contextOf(const Napi::Value &value) { return **value.As<Napi::External<Shared>>().Data(); }

std::string bytesOf(const Napi::Value &value) {
  const auto array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char *>(array.Data()), array.ByteLength()};
}

class StepTask : public Task {
 public:
  StepTask(Napi::Env env, Shared context, std::string in)
      : Task(env), context_(std::move(context)), in_(std::move(in)) {}

 protected:
  void work() override { wrong_ = context_->step(std::move(in_), out_, complete_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Object answer = Napi::Object::New(env);
    if (!wrong_.empty()) answer.Set("error", wrong_);
    answer.Set("token", Napi::Buffer<char>::Copy(env, out_.data(), out_.size()));
    answer.Set("complete", complete_);
    return answer;
  }

 private:
  Shared context_;
  std::string in_, out_, wrong_;
  bool complete_ = false;
};

Napi::Value thrown(Napi::Env env, const std::string &text) {
  Napi::Error::New(env, text).ThrowAsJavaScriptException();
  return env.Undefined();
}

// gssIsThere(): whether the library could be loaded
Napi::Value isThere(const Napi::CallbackInfo &info) { return Napi::Boolean::New(info.Env(), library() != nullptr); }

// gssOpen(initiate, target)
Napi::Value open(const Napi::CallbackInfo &info) {
  const Library *lib = library();
  if (lib == nullptr) return thrown(info.Env(), "there is no libgssapi_krb5.so.2");
  auto *shared = new Shared(std::make_shared<Context>(*lib, info[0].As<Napi::Boolean>().Value(),
                                                      info[1].As<Napi::String>().Utf8Value()));
  return Napi::External<Shared>::New(info.Env(), shared, [](Napi::Env, Shared *data) { delete data; });
}

// gssStep(context, token): { token, complete, error }
Napi::Value step(const Napi::CallbackInfo &info) {
  return (new StepTask(info.Env(), *info[0].As<Napi::External<Shared>>().Data(), bytesOf(info[1])))->start();
}

// gssFacts(context): { bits, peer }
Napi::Value facts(const Napi::CallbackInfo &info) {
  const Context &context = contextOf(info[0]);
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("bits", context.bits());
  if (context.hasPeer) answer.Set("peer", context.peer);
  return answer;
}

Napi::Value bytesOrError(Napi::Env env, Context &context, uint32_t major, uint32_t minor, Bytes &output) {
  if ((major & kErrors) != 0) return thrown(env, errorText(context.lib, major, minor));
  const std::string out = taken(context.lib, output);
  return Napi::Buffer<char>::Copy(env, out.data(), out.size());
}

// gssWrap(context, bytes, secret)
Napi::Value wrap(const Napi::CallbackInfo &info) {
  Context &context = contextOf(info[0]);
  std::string in = bytesOf(info[1]);
  Bytes input{in.size(), in.data()}, output;
  uint32_t minor = 0;
  const bool secret = info[2].As<Napi::Boolean>().Value();
  const uint32_t major = context.lib.wrap(&minor, context.context, secret ? 1 : 0, 0, &input, nullptr, &output);
  return bytesOrError(info.Env(), context, major, minor, output);
}

// gssUnwrap(context, bytes, secret): what was not sealed so is refused
Napi::Value unwrap(const Napi::CallbackInfo &info) {
  Context &context = contextOf(info[0]);
  std::string in = bytesOf(info[1]);
  Bytes input{in.size(), in.data()}, output;
  uint32_t minor = 0;
  int secret = 0;
  const uint32_t major = context.lib.unwrap(&minor, context.context, &input, &output, &secret, nullptr);
  if ((major & kErrors) == 0 && info[2].As<Napi::Boolean>().Value() && secret == 0) {
    taken(context.lib, output);
    return thrown(info.Env(), "GSSAPI Error: a message that should be secret is not");
  }
  return bytesOrError(info.Env(), context, major, minor, output);
}

// gssRoom(context, size, secret): how much goes into a message of that size
Napi::Value room(const Napi::CallbackInfo &info) {
  Context &context = contextOf(info[0]);
  uint32_t minor = 0, most = 0;
  const uint32_t major = context.lib.wrap_size_limit(&minor, context.context, info[2].As<Napi::Boolean>().Value(), 0,
                                                     info[1].As<Napi::Number>().Uint32Value(), &most);
  if ((major & kErrors) != 0) return thrown(info.Env(), errorText(context.lib, major, minor));
  return Napi::Number::New(info.Env(), most);
}

}  // namespace

void initGss(Napi::Env env, Napi::Object exports) {
  add(env, exports, "gssIsThere", isThere);
  add(env, exports, "gssOpen", open);
  add(env, exports, "gssStep", step);
  add(env, exports, "gssFacts", facts);
  add(env, exports, "gssWrap", wrap);
  add(env, exports, "gssUnwrap", unwrap);
  add(env, exports, "gssRoom", room);
}

}  // namespace virt
