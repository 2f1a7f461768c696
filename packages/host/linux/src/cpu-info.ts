// SPDX-License-Identifier: LGPL-2.1-or-later
// What /proc/cpuinfo says of the processor itself, by architecture.

const families = {
  x86: ['i686', 'x86_64'],
  ppc: ['ppc', 'ppcemb', 'ppc64', 'ppc64le'],
  ppc64: ['ppc64', 'ppc64le'],
  arm: ['armv6l', 'armv7l', 'armv7b', 'aarch64'],
  s390: ['s390', 's390x'],
} as const

/** Whether an architecture (`x86_64`) is of a family. */
export function isOf(family: keyof typeof families, arch: string): boolean {
  return (families[family] as readonly string[]).includes(arch)
}

function frequencyKey(arch: string): string | undefined {
  if (isOf('x86', arch)) return 'cpu MHz'
  if (isOf('ppc', arch)) return 'clock'
  return isOf('s390', arch) ? 'cpu MHz dynamic' : undefined
}

/**
 * MHz of the first processor; 0 where the kernel does not tell, as on ARM.
 * @param cpuinfo text of `/proc/cpuinfo`
 */
export function cpuFrequency(cpuinfo: string, arch: string): number {
  const key = frequencyKey(arch)
  const line = key === undefined ? null : new RegExp(`^${key}[ \\t]*:[ \\t]*(\\d+)`, 'm').exec(cpuinfo)
  return Number(line?.[1] ?? 0)
}

/** Lines `key : value` of the first processor. */
function firstProcessor(cpuinfo: string): Map<string, string> {
  const block = cpuinfo.split(/\n[ \t]*\n/, 1)[0] ?? ''
  return new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()]
    }),
  )
}

/**
 * What the processor calls itself; changes when another one is put in.
 * @returns `undefined` on architectures that libvirt has no signature for
 * @since 0.1.0, `virHostCPUGetSignature`
 */
export function cpuSignature(cpuinfo: string, arch: string): string | undefined {
  const facts = firstProcessor(cpuinfo)
  const get = (key: string): string | undefined => facts.get(key)
  if (isOf('x86', arch)) {
    const names = ['vendor_id', 'model name', 'cpu family', 'model', 'stepping']
    const [vendor, name, family, model, stepping] = names.map(get)
    if ([vendor, name, family, model, stepping].includes(undefined)) return undefined
    return `${vendor}, ${name}, family: ${family}, model: ${model}, stepping: ${stepping}`
  }
  if (!isOf('ppc64', arch) || get('cpu') === undefined || get('revision') === undefined) return undefined
  return `${get('cpu')}, rev ${get('revision')}`
}
