// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting programs. The child borrows our memory until it becomes the program (as vfork does): how large the heap is does
// not matter, and what it could not do it writes where we can read it. Until then it may only make system calls.
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "addon.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

namespace virt {

namespace {

constexpr int lastSignal = 64;
constexpr size_t stackSize = 256 * 1024;

struct Limit {
  int resource;
  rlimit value;
};

// All that the child needs, made before it exists.
struct Program {
  std::string file, cwd;
  std::vector<std::string> args, env;
  std::vector<char *> argv, envp;
  // Where each descriptor of the child comes from; -1 is /dev/null for the first three, and nothing for others.
  std::vector<int> fds;
  std::vector<int> groups, joins;
  std::vector<std::string> cgroups;
  std::vector<int> cgroupFds;
  std::vector<Limit> limits;
  std::vector<int> cpus;
  uint64_t capabilities = 0;
  bool limitCapabilities = false, session = true, noNewPrivileges = false, setGroups = false;
  bool dieWithParent = false;
  // Who starts it; 0 where the child cannot see that process.
  pid_t parent = 0;
  long uid = -1, gid = -1, mask = -1;
  int namespaces = 0;
  int terminal = -1;
  // Written by the child, read by us after it has gone or become the program.
  volatile int error = 0;
  const char *volatile syscall = "";
};

[[noreturn]] void giveUp(Program &program, const char *syscall) {
  program.error = errno;
  program.syscall = syscall;
  _exit(127);
}

void resetSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number <= lastSignal; number++) sigaction(number, &standard, nullptr);
}

// First out of the way of every number that is to be given, then to its number, where it is left open.
void placeFds(Program &program) {
  const int count = static_cast<int>(program.fds.size());
  for (int i = 0; i < count; i++) {
    int &fd = program.fds[static_cast<size_t>(i)];
    if (fd < 0 && i > 2) continue;
    const bool none = fd < 0;
    const int from = none ? open("/dev/null", O_RDWR | O_CLOEXEC) : fd;
    if (from < 0) giveUp(program, "open");
    fd = fcntl(from, F_DUPFD_CLOEXEC, count);
    if (fd < 0) giveUp(program, "fcntl");
    if (none) close(from);
  }
  for (int i = 0; i < count; i++) {
    const int fd = program.fds[static_cast<size_t>(i)];
    if (fd < 0)
      close(i);
    else if (dup2(fd, i) < 0)
      giveUp(program, "dup2");
  }
  // Also what others of this process have opened without care.
  if (syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  rlimit most{};
  getrlimit(RLIMIT_NOFILE, &most);
  const int end = most.rlim_cur > 1048576 ? 1048576 : static_cast<int>(most.rlim_cur);
  for (int fd = count; fd < end; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void bind(Program &program) {
  // No memory may be had here: as many processors as fit a set of the usual size, 1024.
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : program.cpus)
    if (cpu < CPU_SETSIZE) CPU_SET(static_cast<size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) < 0) giveUp(program, "sched_setaffinity");
}

void becomeUser(Program &program) {
  if (program.limitCapabilities) {
    // Not to be had again by any program that it starts.
    for (unsigned one = 0; prctl(PR_CAPBSET_READ, one) >= 0; one++) {
      if (program.capabilities >> one & 1) continue;
      if (prctl(PR_CAPBSET_DROP, one) < 0 && errno != EPERM) giveUp(program, "prctl");
    }
    if (prctl(PR_SET_KEEPCAPS, 1) < 0) giveUp(program, "prctl");
  }
  // The C library's functions would change every thread of the process, whose memory this is.
  if (program.setGroups && syscall(SYS_setgroups, program.groups.size(), program.groups.data()) < 0)
    giveUp(program, "setgroups");
  if (program.gid >= 0 && syscall(SYS_setresgid, program.gid, program.gid, program.gid) < 0)
    giveUp(program, "setresgid");
  if (program.uid >= 0 && syscall(SYS_setresuid, program.uid, program.uid, program.uid) < 0)
    giveUp(program, "setresuid");
  if (!program.limitCapabilities) return;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++)
    data[i].effective = data[i].permitted = data[i].inheritable = static_cast<uint32_t>(program.capabilities >> (32 * i));
  if (syscall(SYS_capset, &header, data) < 0) giveUp(program, "capset");
  // Without these, execve would take them from anybody but root.
  for (unsigned one = 0; one < 64; one++)
    if (program.capabilities >> one & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, one, 0, 0) < 0)
      giveUp(program, "prctl");
}

int child(void *data) {
  Program &program = *static_cast<Program *>(data);
  resetSignals();
  if (program.session && setsid() < 0) giveUp(program, "setsid");
  // "0" is whoever writes. Before anything that costs: the group pays for it.
  for (const int fd : program.cgroupFds)
    if (write(fd, "0", 1) < 0) giveUp(program, "write");
  for (const int fd : program.joins)
    if (setns(fd, 0) < 0) giveUp(program, "setns");
  for (const Limit &limit : program.limits)
    if (setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &limit.value) < 0) giveUp(program, "setrlimit");
  if (!program.cpus.empty()) bind(program);
  placeFds(program);
  if (program.terminal >= 0 && ioctl(program.terminal, TIOCSCTTY, 0) < 0) giveUp(program, "ioctl");
  if (program.mask >= 0) umask(static_cast<mode_t>(program.mask));
  if (!program.cwd.empty() && chdir(program.cwd.c_str()) < 0) giveUp(program, "chdir");
  becomeUser(program);
  if (program.noNewPrivileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) giveUp(program, "prctl");
  // After the change of user, which forgets it. The thread that starts it, of the pool, is there as long as the process.
  if (program.dieWithParent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) giveUp(program, "prctl");
    if (program.parent != 0 && getppid() != program.parent) _exit(127);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(program.file.c_str(), program.argv.data(), program.envp.data());
  giveUp(program, "execve");
}

class SpawnTask final : public Task {
 public:
  SpawnTask(Napi::Env env, std::unique_ptr<Program> program) : Task(env), program_(std::move(program)) {}

 private:
  void work() override {
    for (const std::string &path : program_->cgroups) {
      const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0) {
        fail("open", errno, path);
        break;
      }
      program_->cgroupFds.push_back(fd);
    }
    if (!failed()) run();
    for (const int fd : program_->cgroupFds) close(fd);
  }

  void run() {
    void *stack = mmap(nullptr, stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return fail("mmap", errno);
    // No handler of ours may run in the child: it would change what this process has.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | program_->namespaces | SIGCHLD;
    const int pid = clone(child, static_cast<char *>(stack) + stackSize, flags, program_.get(), &pidfd_);
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    munmap(stack, stackSize);
    if (pid < 0) return fail("clone", error);
    pid_ = pid;
    if (program_->error == 0) return;
    siginfo_t what{};
    while (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_), &what, WEXITED) < 0 && errno == EINTR) {
    }
    close(pidfd_);
    const std::string call = program_->syscall;
    fail(program_->syscall, program_->error, call == "execve" ? program_->file : call == "chdir" ? program_->cwd : "");
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("pid", pid_);
    answer.Set("pidfd", pidfd_);
    return answer;
  }

  std::unique_ptr<Program> program_;
  int pid_ = -1, pidfd_ = -1;
};

std::vector<std::string> texts(const Napi::Object &from, const char *name) {
  std::vector<std::string> all;
  const auto list = from.Get(name).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) all.push_back(Napi::Value(list.Get(i)).As<Napi::String>().Utf8Value());
  return all;
}

std::vector<int> numbers(const Napi::Object &from, const char *name) {
  std::vector<int> all;
  const auto list = from.Get(name).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) all.push_back(intOf(list.Get(i)));
  return all;
}

std::vector<char *> pointers(std::vector<std::string> &list) {
  std::vector<char *> all;
  for (std::string &text : list) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

// spawn(options of the form that src/spawn.ts makes): a promise of { pid, pidfd }
static Napi::Value spawnProgram(const Napi::CallbackInfo &info) {
  const auto from = info[0].As<Napi::Object>();
  auto program = std::make_unique<Program>();
  program->file = from.Get("file").As<Napi::String>().Utf8Value();
  program->args = texts(from, "args");
  program->env = texts(from, "env");
  program->argv = pointers(program->args);
  program->envp = pointers(program->env);
  program->cwd = from.Get("cwd").As<Napi::String>().Utf8Value();
  program->fds = numbers(from, "fds");
  program->joins = numbers(from, "joins");
  program->cgroups = texts(from, "cgroups");
  program->namespaces = static_cast<int>(numberIn(from, "namespaces", 0));
  program->session = from.Get("session").As<Napi::Boolean>();
  program->noNewPrivileges = from.Get("noNewPrivileges").As<Napi::Boolean>();
  program->dieWithParent = from.Get("dieWithParent").As<Napi::Boolean>();
  program->parent = program->namespaces & CLONE_NEWPID ? 0 : getpid();
  program->terminal = static_cast<int>(numberIn(from, "terminal", -1));
  program->uid = static_cast<long>(numberIn(from, "uid", -1));
  program->gid = static_cast<long>(numberIn(from, "gid", -1));
  program->mask = static_cast<long>(numberIn(from, "umask", -1));
  program->cpus = numbers(from, "cpus");
  program->setGroups = from.Get("groups").IsArray();
  if (program->setGroups) program->groups = numbers(from, "groups");
  program->limitCapabilities = from.Get("capabilities").IsBigInt();
  bool exact;
  if (program->limitCapabilities)
    program->capabilities = from.Get("capabilities").As<Napi::BigInt>().Uint64Value(&exact);
  const auto limits = from.Get("limits").As<Napi::Array>();
  for (uint32_t i = 0; i < limits.Length(); i++) {
    const auto row = Napi::Value(limits.Get(i)).As<Napi::Array>();
    const rlimit value{limitOf(row.Get(1u)), limitOf(row.Get(2u))};
    program->limits.push_back({intOf(row.Get(0u)), value});
  }
  return (new SpawnTask(info.Env(), std::move(program)))->start();
}

// pipe(): [fd to read from, fd to write to]. They block: they are for programs, which know nothing else.
static Napi::Value makePipe(const Napi::CallbackInfo &info) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return raise(info.Env(), "pipe2", errno);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, fds[0]);
  answer.Set(1u, fds[1]);
  return answer;
}

void initSpawn(Napi::Env env, Napi::Object exports) {
  add(env, exports, "spawn", spawnProgram);
  add(env, exports, "pipe", makePipe);
}

}  // namespace virt
