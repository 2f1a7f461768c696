// SPDX-License-Identifier: GPL-2.0-or-later
import type { KnipConfig } from 'knip'

// What nobody uses. Generated files are read (they use much), but nothing in them is reported.
const library = {
  entry: ['src/index.ts', 'src/{testing,tls}/index.ts', 'test/**/*.test.ts', 'bench/**/*.{ts,mjs}'],
  project: ['src/**/*.ts', 'test/**/*.ts'],
}

// Started by name in tools/test/lanes.mjs and tools/publish-check, or by hand.
const run = [
  '@arethetypeswrong/cli',
  '@changesets/cli',
  'dependency-cruiser',
  'fast-check',
  'publint',
  'sherif',
  'turbo',
]

const config: KnipConfig = {
  ignore: ['**/*.gen.ts'],
  ignoreExportsUsedInFile: true,
  // Of the system, not of npm.
  ignoreBinaries: [
    'promtool',
    'tc',
    'flock',
    'virsh',
    'gcc',
    'mount',
    'umount',
    'unshare',
    'nsenter',
    'dpkg-query',
    'apt-get',
    'openssl',
    'setpriv',
    'ssh-keygen',
    'ldd',
    'qemu-img',
    'krb5kdc',
  ],
  workspaces: {
    '.': { entry: ['.ci/*'], project: [], ignoreDependencies: run },
    'packages/*/*': library,
    // confgen reads every constant of a schema.
    'packages/api/conf': { ...library, entry: [...library.entry, 'src/**/schema.ts', 'src/**/schema/*.ts'] },
    // Programs that the build starts, and what is found at run time.
    'packages/host/native': {
      ...library,
      entry: [...library.entry, 'build-native.mjs'],
      ignoreDependencies: ['node-addon-api', 'node-gyp', 'node-gyp-build', 'prebuildify'],
    },
    // Found by the URI's scheme.
    'apps/{snmp-agent,metrics-exporter}': {
      entry: ['src/main.ts', 'test/**/*.test.ts'],
      project: ['src/**/*.ts', 'test/**/*.ts'],
      ignoreDependencies: ['@virt/remote', '@virt/test'],
    },
    // What it does not need of the packages in its bundle is found at run time, or not at all.
    'apps/virt-ssh-helper': {
      entry: ['src/main.ts', 'bundle.mjs', 'test/**/*.test.ts'],
      project: ['src/**/*.ts', 'test/**/*.ts'],
      ignoreDependencies: ['@virt/native'],
    },
    'apps/*': {
      entry: ['src/main.ts', 'bundle.mjs', 'test/**/*.test.ts', 'test/interop/run.mjs', 'test/interop/ways/*.mjs'],
      project: ['src/**/*.ts', 'test/**/*.{ts,mjs}'],
    },
    // Its independent manager and the IETF's modules are for tests.
    'packages/mappings/snmp': { ...library, ignoreDependencies: ['net-snmp'] },
    'tools/*': {
      entry: [
        'main.mjs',
        'run.mjs',
        'green.mjs',
        'start.mjs',
        'prepare.mjs',
        'system-parts.mjs',
        'lanes.mjs',
        'examples.mjs',
        'embed.mjs',
        'snmp.mjs',
        // Started as processes; ways to compare for suites to come.
        'src/{child,child-client,child-flood,command,tree,client-loops,floor,documents}.mjs',
        'suites/*.mjs',
        'src/index.ts',
        '*.config.mjs',
        'test/**/*.test.{ts,mjs}',
      ],
      project: ['**/*.{mjs,ts}'],
    },
  },
}

export default config
