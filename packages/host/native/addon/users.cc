// SPDX-License-Identifier: LGPL-2.1-or-later
// Users and groups, from wherever this system has them: files, LDAP and others behind the C library.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "addon.h"

namespace virt {

namespace {

constexpr size_t mostRoom = 1 << 20;

// Room for what a record points to: twice as much until it fits.
template <typename Ask>
int askWithRoom(Ask ask) {
  std::vector<char> room(4096);
  for (;;) {
    const int error = ask(room.data(), room.size());
    if (error != ERANGE || room.size() >= mostRoom) return error;
    room.resize(room.size() * 2);
  }
}

// "There is none" has many numbers, by where was looked.
bool isAbsent(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

struct Identity {
  std::string name;
  double id = 0, group = 0;
};

class UserTask final : public Task {
 public:
  UserTask(Napi::Env env, bool group, std::string name, double id)
      : Task(env), group_(group), name_(std::move(name)), id_(id) {}

 private:
  void work() override { group_ ? askGroup() : askUser(); }

  void askUser() {
    const int error = askWithRoom([this](char *room, size_t size) {
      passwd entry{}, *found = nullptr;
      const int error = name_.empty() ? getpwuid_r(static_cast<uid_t>(id_), &entry, room, size, &found)
                                      : getpwnam_r(name_.c_str(), &entry, room, size, &found);
      if (found != nullptr)
        found_ = {found->pw_name, static_cast<double>(found->pw_uid), static_cast<double>(found->pw_gid)};
      return found != nullptr ? 0 : error;
    });
    if (!found_ && !isAbsent(error)) fail("getpwnam", error, name_);
  }

  void askGroup() {
    const int error = askWithRoom([this](char *room, size_t size) {
      struct group entry {}, *found = nullptr;
      const int error = name_.empty() ? getgrgid_r(static_cast<gid_t>(id_), &entry, room, size, &found)
                                      : getgrnam_r(name_.c_str(), &entry, room, size, &found);
      if (found != nullptr) found_ = {found->gr_name, static_cast<double>(found->gr_gid), 0};
      return found != nullptr ? 0 : error;
    });
    if (!found_ && !isAbsent(error)) fail("getgrnam", error, name_);
  }

  Napi::Value result(Napi::Env env) override {
    if (!found_) return env.Undefined();
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("name", found_->name);
    answer.Set(group_ ? "gid" : "uid", found_->id);
    if (!group_) answer.Set("gid", found_->group);
    return answer;
  }

  bool group_;
  std::string name_;
  double id_;
  std::optional<Identity> found_;
};

class GroupsTask final : public Task {
 public:
  GroupsTask(Napi::Env env, std::string name, gid_t group) : Task(env), name_(std::move(name)), group_(group) {}

 private:
  void work() override {
    int count = 64;
    for (;;) {
      groups_.resize(static_cast<size_t>(count));
      const int room = count;
      if (getgrouplist(name_.c_str(), group_, groups_.data(), &count) >= 0) break;
      if (count <= room || count > 65536) return fail("getgrouplist", E2BIG, name_);
    }
    groups_.resize(static_cast<size_t>(count));
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Array answer = Napi::Array::New(env, groups_.size());
    for (uint32_t i = 0; i < groups_.size(); i++) answer.Set(i, static_cast<double>(groups_[i]));
    return answer;
  }

  std::string name_;
  gid_t group_;
  std::vector<gid_t> groups_;
};

Napi::Value ask(const Napi::CallbackInfo &info, bool group) {
  const bool named = info[0].IsString();
  return (new UserTask(info.Env(), group, named ? info[0].As<Napi::String>().Utf8Value() : "",
                       named ? 0 : info[0].As<Napi::Number>().DoubleValue()))
      ->start();
}

}  // namespace

// userOf(name or number): a promise of { name, uid, gid }, or undefined
static Napi::Value userOf(const Napi::CallbackInfo &info) { return ask(info, false); }

// groupOf(name or number): a promise of { name, gid }, or undefined
static Napi::Value groupOf(const Napi::CallbackInfo &info) { return ask(info, true); }

// groupsOf(name of a user, its first group): a promise of all its groups
static Napi::Value groupsOf(const Napi::CallbackInfo &info) {
  return (new GroupsTask(info.Env(), info[0].As<Napi::String>().Utf8Value(),
                         static_cast<gid_t>(info[1].As<Napi::Number>().Int64Value())))
      ->start();
}

void initUsers(Napi::Env env, Napi::Object exports) {
  add(env, exports, "userOf", userOf);
  add(env, exports, "groupOf", groupOf);
  add(env, exports, "groupsOf", groupsOf);
}

}  // namespace virt
