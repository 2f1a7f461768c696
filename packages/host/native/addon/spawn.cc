// SPDX-License-Identifier: LGPL-2.1-or-later
#include "addon.h"
namespace virt {
void initSpawn(Napi::Env env, Napi::Object exports) {}
}
