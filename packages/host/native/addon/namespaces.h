// SPDX-License-Identifier: LGPL-2.1-or-later
// Work in other namespaces than the process's: on a thread that ends with it, as what a thread has entered it cannot leave.
#pragma once

#include <vector>

#include "addon.h"

namespace virt {

// A task whose `inside` runs after the namespaces of `joins` were entered, in order, and those of `fresh` made.
class NamespaceTask : public Task {
 public:
  NamespaceTask(Napi::Env env, std::vector<int> joins, int fresh) : Task(env), joins_(std::move(joins)), fresh_(fresh) {}

 protected:
  virtual void inside() = 0;

 private:
  void work() final;
  void enter();

  std::vector<int> joins_;
  int fresh_;
};

// Numbers of a JavaScript array.
std::vector<int> intsOf(const Napi::Value &value);

}  // namespace virt
