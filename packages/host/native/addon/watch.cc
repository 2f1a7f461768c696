// SPDX-License-Identifier: LGPL-2.1-or-later
// Waiting for a descriptor on Node's own event loop: no thread waits, so that a thousand waits cost nothing.
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>

#include "addon.h"

namespace virt {

namespace {

struct Watch {
  uv_poll_t poll;
  int fd;
  napi_async_cleanup_hook_handle hook = nullptr;
  Napi::FunctionReference callback;
  bool closing = false;
};

void closed(uv_handle_t *handle) {
  auto *watch = static_cast<Watch *>(handle->data);
  if (watch->hook != nullptr) napi_remove_async_cleanup_hook(watch->hook);
  delete watch;
}

void stop(Watch *watch) {
  if (watch->closing) return;
  watch->closing = true;
  uv_poll_stop(&watch->poll);
  uv_close(reinterpret_cast<uv_handle_t *>(&watch->poll), closed);
  // Now and not in a later turn of the loop: the other end of a socket sees it closed when the last descriptor is.
  close(watch->fd);
}

void ready(uv_poll_t *poll, int status, int events) {
  auto *watch = static_cast<Watch *>(poll->data);
  Napi::Env env = watch->callback.Env();
  Napi::HandleScope scope(env);
  // A descriptor with an error is ready for everything: the call that follows learns which.
  watch->callback.MakeCallback(env.Global(), {Napi::Number::New(env, status < 0 ? UV_READABLE | UV_WRITABLE : events)});
}

// A worker that ends takes its handles along.
void cleanup(napi_async_cleanup_hook_handle, void *data) { stop(static_cast<Watch *>(data)); }

}  // namespace

// watch(fd, events, callback): events 1 readable, 2 writable. The descriptor is duplicated: epoll knows each number once.
static Napi::Value watchFd(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  uv_loop_t *loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  const int fd = fcntl(intOf(info[0]), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return raise(env, "fcntl", errno);
  auto *watch = new Watch;
  watch->fd = fd;
  // libuv makes it non-blocking, for the original too: they are one open file.
  int error = uv_poll_init(loop, &watch->poll, fd);
  if (error < 0) {
    close(fd);
    delete watch;
    return raise(env, "epoll_ctl", -error);
  }
  watch->poll.data = watch;
  watch->callback = Napi::Persistent(info[2].As<Napi::Function>());
  napi_add_async_cleanup_hook(env, cleanup, watch, &watch->hook);
  error = uv_poll_start(&watch->poll, intOf(info[1]), ready);
  if (error < 0) {
    stop(watch);
    return raise(env, "epoll_ctl", -error);
  }
  return Napi::External<Watch>::New(env, watch);
}

// unwatch(watch): once; TypeScript sees to that.
static Napi::Value unwatch(const Napi::CallbackInfo &info) {
  stop(info[0].As<Napi::External<Watch>>().Data());
  return info.Env().Undefined();
}

// refWatch(watch, whether it keeps the process alive)
static Napi::Value refWatch(const Napi::CallbackInfo &info) {
  auto *handle = reinterpret_cast<uv_handle_t *>(&info[0].As<Napi::External<Watch>>().Data()->poll);
  info[1].As<Napi::Boolean>() ? uv_ref(handle) : uv_unref(handle);
  return info.Env().Undefined();
}

void initWatch(Napi::Env env, Napi::Object exports) {
  add(env, exports, "watch", watchFd);
  add(env, exports, "unwatch", unwatch);
  add(env, exports, "refWatch", refWatch);
}

}  // namespace virt
