// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { Reason, State } from '../src/domain/states.js'
import { delivered, runningGuest } from './guest.js'

const failed = { 'node-name': 'libvirt-2-format', operation: 'write', reason: 'No space left on device' }
const parties = {
  server: { host: '127.0.0.1', service: '5900', family: 'ipv4', auth: 'none' },
  client: { host: '::1', service: '40000', family: 'ipv6', x509_dname: 'CN=me', sasl_username: 'me' },
}
const parties5 =
  '{"family":0,"node":"127.0.0.1","service":"5900"}/{"family":1,"node":"::1","service":"40000"}/none/' +
  '[{"type":"x509dname","name":"CN=me"},{"type":"saslUsername","name":"me"}]'

describe('events of devices', () => {
  it.each<[string, object, string[]]>([
    [
      'BLOCK_IO_ERROR',
      { ...failed, action: 'report', nospace: true },
      ['ioError /images/top/virtio-disk0/2', 'ioErrorReason /images/top/virtio-disk0/2/enospc'],
    ],
    [
      'BLOCK_IO_ERROR',
      { device: '', 'qom-path': '/machine/peripheral/virtio-disk0/virtio-backend', action: 'ignore' },
      ['ioError /images/top/virtio-disk0/0', 'ioErrorReason /images/top/virtio-disk0/0/'],
    ],
    ['BLOCK_IO_ERROR', { 'node-name': 'other', action: 'report' }, ['ioError //2', 'ioErrorReason //2/']],
    ['DEVICE_TRAY_MOVED', { device: '', id: 'ide0-1-0', 'tray-open': true }, ['trayChange ide0-1-0/0']],
    ['DEVICE_TRAY_MOVED', { device: '', id: 'ide0-1-0', 'tray-open': false }, ['trayChange ide0-1-0/1']],
    ['DEVICE_TRAY_MOVED', { device: '', id: 'none', 'tray-open': false }, []],
    [
      'BLOCK_WRITE_THRESHOLD',
      { 'node-name': 'libvirt-2-storage', 'amount-exceeded': 100, 'write-threshold': 4096 },
      ['blockThreshold /images/top/4096/100/vda', 'blockThreshold /images/top/4096/100/vda[2]'],
    ],
    [
      'BLOCK_WRITE_THRESHOLD',
      { 'node-name': 'libvirt-3-storage', 'amount-exceeded': 1, 'write-threshold': 2 },
      ['blockThreshold /images/base/2/1/vda[3]'],
    ],
    ['VNC_CONNECTED', parties, [`graphics 0/${parties5}`]],
    ['VNC_INITIALIZED', parties, [`graphics 1/${parties5}`]],
    ['VNC_DISCONNECTED', parties, [`graphics 2/${parties5}`]],
    [
      'SPICE_CONNECTED',
      { server: { host: 'h', port: '1', family: 'unix' }, client: { host: 'c', port: '2', family: 'ipv4' } },
      ['graphics 0/{"family":2,"node":"h","service":"1"}/{"family":0,"node":"c","service":"2"}//[]'],
    ],
    [
      'MEMORY_FAILURE',
      { recipient: 'guest', action: 'inject', flags: { 'action-required': true, recursive: true } },
      ['memoryFailure 1/1/3'],
    ],
    ['MEMORY_FAILURE', { recipient: 'hypervisor', action: 'fatal', flags: {} }, ['memoryFailure 0/2/0']],
    [
      'MEMORY_DEVICE_SIZE_CHANGE',
      { id: 'virtiomem0', size: 1073741824 },
      ['memoryDeviceSizeChange virtiomem0/1048576'],
    ],
    ['DEVICE_UNPLUG_GUEST_ERROR', { device: 'net0', path: '/machine' }, ['deviceRemovalFailed net0']],
  ])('%s %j', async (event, data, expected) => {
    const { domain, told, tell } = await runningGuest()
    tell(event, data)
    await delivered()
    expect(told).toEqual(expected)
    expect(domain.state).toBe(State.running)
  })

  it('stop a guest whose image fails, which is remembered', async () => {
    const { domain, run, told, tell } = await runningGuest()
    tell('BLOCK_IO_ERROR', { ...failed, action: 'stop', nospace: true })
    await delivered()
    expect(told.at(-1)).toBe('lifecycle 3/2')
    expect(domain).toMatchObject({ state: State.paused, reason: Reason.paused.ioerror })
    expect([...run.ioErrors.values()]).toEqual([
      expect.stringMatching(
        /^I\/O error: disk='vda', index='2', path='\/images\/top', timestamp='[^']+', message='No space left on device'$/,
      ),
    ])
  })

  it('show in the document whether a tray is open', async () => {
    const { domain, tell } = await runningGuest()
    tell('DEVICE_TRAY_MOVED', { device: '', id: 'ide0-1-0', 'tray-open': true })
    expect(domain.xml(false, {})).toContain("<target dev='hdc' bus='ide' tray='open'/>")
  })
})

describe('a guest whose kernel gives up', () => {
  it.each<[string, string[], boolean]>([
    ['preserve', [], false],
    ['destroy', [], true],
    ['restart', ['system_reset', 'cont'], false],
  ])('does as on_crash=%s says', async (policy, commands, ends) => {
    const { state, domain, run, told, tell, far } = await runningGuest()
    const given: string[] = []
    far.onLine = (line) => {
      const { id, execute } = JSON.parse(line) as { id: unknown; execute: string }
      given.push(execute)
      far.write(`${JSON.stringify({ id, return: {} })}\n`)
    }
    domain.def = { ...domain.def, on_crash: policy as 'preserve' }
    tell('GUEST_PANICKED', { action: 'pause' })
    expect(domain.state).toBe(State.crashed)
    if (ends) {
      await run.process.wait()
      expect(run.ending).toMatchObject({ reason: Reason.shutoff.crashed, detail: 2 })
      return
    }
    if (policy === 'restart') await domain.jobs.until(() => (domain.state === State.running ? true : undefined))
    expect(given).toEqual(commands)
    await delivered()
    expect(told).toEqual(policy === 'restart' ? ['lifecycle 8/0', 'lifecycle 4/0'] : ['lifecycle 8/0'])
    expect(domain.state).toBe(policy === 'restart' ? State.running : State.crashed)
    await state.close()
  })
})
