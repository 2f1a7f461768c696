# SPDX-License-Identifier: LGPL-2.1-or-later
{
  'targets': [
    {
      'target_name': 'virt_native',
      'sources': ["<!@(node -p \"require('fs').readdirSync('addon').filter((f) => f.endsWith('.cc')).map((f) => 'addon/' + f).join(' ')\")"],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', '_GNU_SOURCE'],
      # Node's own gypi asks for gnu++17 and comes first.
      'cflags_cc!': ['-std=gnu++17'],
      'cflags_cc': ['-std=c++20', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-missing-field-initializers', '-fvisibility=hidden'],
    },
  ],
}
