// SPDX-License-Identifier: LGPL-2.1-or-later
// A model of post-copy: two QEMUs, two daemons with the driver's own tables, a client, and a way that may be cut. Each step is
// one thing that may happen next; a search takes all of them in all orders.
import { Reason, State } from '../../src/domain/states.js'
import { statusAfter, verdict } from '../../src/jobs/status.js'
import { afterStop, afterWord, type Migrating, postcopyFailed, type Reaction } from '../../src/migration/reactions.js'
import { resumeRefusal } from '../../src/migration/resume-check.js'

/** What a QEMU is at, and what it has told that its daemon has not heard. */
interface Qemu {
  readonly word: string
  readonly running: boolean
  readonly told: readonly string[]
  /** It knows that its connection is gone. */
  readonly alive: boolean
}

/** What the client does next. */
type Step = 'perform' | 'finish' | 'confirm' | 'idle' | 'resume prepare' | 'resume perform' | 'resume finish' | 'over'

/** Everything. */
export interface World {
  readonly qemu: { readonly source: Qemu; readonly destination: Qemu }
  readonly daemon: { readonly source: Migrating; readonly destination: Migrating }
  readonly step: Step
  readonly cutsLeft: number
  readonly resumesLeft: number
  /** The way was cut since the attempt under way began. */
  readonly cut: boolean
  /** The destination's QEMU waits for a new connection. */
  readonly listening: boolean
  /** The source has connected, the destination has not taken it up yet. */
  readonly held: boolean
  readonly complaint: string | undefined
}

const { paused, running } = Reason
const base = { phase: 'perform3', status: 'migrating', interrupted: false, owned: true } as const

/** A migration that may go over to post-copy any moment. */
export const first: World = {
  qemu: {
    source: { word: 'active', running: true, told: [], alive: true },
    destination: { word: 'active', running: false, told: [], alive: true },
  },
  daemon: {
    source: { ...base, side: 'source', state: State.running, reason: running.booted },
    destination: {
      ...base,
      side: 'destination',
      state: State.paused,
      reason: paused.migrating,
      phase: 'prepare',
      owned: false,
    },
  },
  step: 'perform',
  cutsLeft: 2,
  resumesLeft: 2,
  cut: false,
  listening: false,
  held: false,
  complaint: undefined,
}

type Side = 'source' | 'destination'

function tell(world: World, side: Side, word: string, change: Partial<Qemu> = {}): World {
  const qemu = world.qemu[side]
  const told = [...qemu.told, word]
  const next = word === 'STOP' ? { ...qemu, ...change, told } : { ...qemu, word, ...change, told }
  return { ...world, qemu: { ...world.qemu, [side]: next } }
}

function daemon(world: World, side: Side, change: Partial<Migrating>): World {
  return { ...world, daemon: { ...world.daemon, [side]: { ...world.daemon[side], ...change } } }
}

function react(world: World, side: Side, { tell: _tell, finish, ...change }: Reaction): World {
  const next = daemon(world, side, change)
  return finish === true ? complete(next, side) : next
}

/** The job is over on a side. */
function complete(world: World, side: Side): World {
  if (side === 'source') {
    const { source } = world.qemu
    const ended = { ...world.qemu, source: { ...source, running: false, word: 'gone', told: [] } }
    return daemon({ ...world, qemu: ended }, side, {
      state: State.shutoff,
      reason: Reason.shutoff.migrated,
      phase: 'none',
      owned: false,
    })
  }
  return daemon(world, side, {
    state: State.running,
    reason: running.migrated,
    interrupted: false,
    phase: 'none',
    owned: false,
  })
}

/** Both QEMUs: what each may do by itself. */
function* qemuSteps(world: World): Generator<World> {
  const { source, destination } = world.qemu
  const linked = source.alive && destination.alive
  if (source.word === 'active') {
    // QEMU 7.2 tells of post-copy first, QEMU 10 of the stop.
    yield tell(tell(world, 'source', 'postcopy-active', { running: false }), 'source', 'STOP')
    yield tell(tell(world, 'source', 'STOP', { running: false }), 'source', 'postcopy-active')
  }
  if (destination.word === 'active' && source.word === 'postcopy-active' && linked)
    yield tell(world, 'destination', 'postcopy-active')
  const both = source.word === 'postcopy-active' && destination.word === 'postcopy-active'
  if (both && linked && destination.running) yield tell(tell(world, 'destination', 'completed'), 'source', 'completed')
  const between = ['postcopy-active', 'postcopy-recover']
  const sending = source.alive && between.includes(source.word) && (world.held || destination.word !== 'active')
  if (world.cutsLeft > 0 && sending)
    yield {
      ...world,
      cutsLeft: world.cutsLeft - 1,
      cut: true,
      held: false,
      qemu: { source: { ...source, alive: false }, destination: { ...destination, alive: false } },
    }
  for (const side of ['source', 'destination'] as const)
    if (!world.qemu[side].alive && between.includes(world.qemu[side].word)) yield tell(world, side, 'postcopy-paused')
  // A recovery: the destination takes the connection up some time after the source has made it.
  if (world.held && destination.word === 'postcopy-paused' && world.listening)
    yield tell({ ...world, held: false, listening: false }, 'destination', 'postcopy-recover', { alive: true })
  if (linked && destination.word === 'postcopy-recover' && source.word === 'postcopy-recover')
    yield tell(world, 'source', 'postcopy-active', { alive: true })
  if (linked && destination.word === 'postcopy-recover' && source.word === 'postcopy-active')
    yield tell(world, 'destination', 'postcopy-active')
}

/** A daemon hears of one event. */
function hear(world: World, side: Side): World | undefined {
  const [word, ...told] = world.qemu[side].told
  if (word === undefined) return undefined
  let next: World = { ...world, qemu: { ...world.qemu, [side]: { ...world.qemu[side], told } } }
  if (world.daemon[side].phase === 'none') return next
  if (word === 'STOP') return react(next, side, afterStop(next.daemon[side]) ?? {})
  next = daemon(next, side, { status: statusAfter(next.daemon[side].status, word) })
  return react(next, side, afterWord(next.daemon[side], word))
}

/** A question to QEMU: its answer comes after everything that it has told before. */
function asked(world: World, side: Side): World {
  let next = world
  for (let heard = hear(next, side); heard !== undefined; heard = hear(next, side)) next = heard
  return next
}

/** What a call that waits has come to; undefined: it waits on. */
function waited(world: World, side: Side, postcopy: boolean): string | undefined {
  return verdict({ status: world.daemon[side].status, ioError: false, peerLost: false }, { postcopy })
}

function failed(world: World, side: Side): World {
  return daemon(react(world, side, postcopyFailed(world.daemon[side])), side, {
    phase: 'postcopy_failed',
    owned: false,
  })
}

/** The destination gives up what never ran there, and the source's QEMU does not take it back. */
function lost(world: World): World {
  const { qemu } = world
  const given = daemon({ ...world, step: 'over' }, 'destination', {
    state: State.shutoff,
    phase: 'none',
    owned: false,
  })
  const destination = { ...qemu.destination, word: 'gone', told: [] }
  return failed({ ...given, qemu: { ...qemu, destination } }, 'source')
}

const complain = (world: World, complaint: string): World => ({ ...world, complaint })

/** The client, and the calls that wait for it: what comes next; undefined while it waits. */
function clientStep(before: World): World | undefined {
  // Begin and Prepare of a recovery ask QEMU first.
  const asks = before.step === 'idle' ? 'source' : before.step === 'resume prepare' ? 'destination' : undefined
  const world = asks === undefined ? before : asked(before, asks)
  const { daemon: guests, qemu } = world
  switch (world.step) {
    case 'perform': {
      const outcome = waited(world, 'source', true)
      if (outcome === undefined || guests.source.state === State.running) return undefined
      if (outcome === 'done')
        return daemon({ ...world, step: 'finish' }, 'source', { phase: 'perform3_done', owned: false })
      if (!world.cut) return complain(world, `the first Perform ended with '${outcome}' although nothing was cut`)
      return lost(world)
    }
    case 'finish': {
      const started = qemu.destination.running
      if (!started) {
        const outcome = waited(world, 'destination', true)
        if (outcome === undefined) return undefined
        if (outcome !== 'done') return world.cut ? lost(world) : complain(world, `Finish ended with '${outcome}'`)
        const on = { ...qemu, destination: { ...qemu.destination, running: true } }
        return daemon({ ...world, qemu: on }, 'destination', {
          phase: 'finish3',
          owned: true,
          state: State.running,
          reason: running['post-copy'],
        })
      }
      return endOfFinish(world)
    }
    case 'confirm':
      return complete({ ...world, step: 'over' }, 'source')
    case 'idle': {
      if (world.resumesLeft === 0 || qemu.source.word !== 'postcopy-paused') return undefined
      const refusal = resumeRefusal('g', 'source', guests.source, 'begin')
      if (refusal !== undefined) return undefined
      return daemon({ ...world, resumesLeft: world.resumesLeft - 1, step: 'resume prepare' }, 'source', {
        phase: 'begin_resume',
      })
    }
    case 'resume prepare': {
      if (qemu.destination.word !== 'postcopy-paused') return undefined
      const refusal = resumeRefusal('g', 'destination', guests.destination, 'prepare')
      if (refusal !== undefined) return complain(world, `Prepare was refused: ${refusal.message}`)
      // QEMU 7.2 tells of `setup`, which changes nothing.
      const next = daemon({ ...world, listening: true, step: 'resume perform' }, 'destination', {
        phase: 'prepare_resume',
      })
      const sent = daemon(next, 'source', { phase: 'perform_resume', status: 'migrating', owned: true })
      return tell({ ...sent, cut: false, held: true }, 'source', 'postcopy-recover', { alive: true })
    }
    case 'resume perform': {
      const outcome = waited(world, 'source', true)
      if (outcome === undefined) return undefined
      if (outcome !== 'done') {
        if (!world.cut) return complain(world, `Perform of a recovery ended with '${outcome}' although nothing was cut`)
        return failed(daemon({ ...world, step: 'idle' }, 'destination', { phase: 'postcopy_failed' }), 'source')
      }
      if (qemu.destination.word === 'postcopy-paused' && !world.cut)
        return complain(world, 'Perform of a recovery ended before the destination was connected')
      // Finish asks once, where what it knows may be from before.
      const stale = guests.destination.status === 'postcopy-paused'
      const known = stale ? asked(world, 'destination') : world
      return daemon(daemon({ ...known, step: 'resume finish' }, 'source', { owned: false }), 'destination', {
        phase: 'finish_resume',
        owned: true,
        ...(stale ? { status: statusAfter('postcopy-paused', known.qemu.destination.word) } : {}),
      })
    }
    case 'resume finish':
      return endOfFinish(world)
    default:
      return undefined
  }
}

/** The end of Finish, and of Confirm after one that failed. */
function endOfFinish(world: World): World | undefined {
  const outcome = waited(world, 'destination', false)
  if (outcome === undefined) return undefined
  if (outcome === 'done') return complete({ ...world, step: 'confirm' }, 'destination')
  if (!world.cut) return complain(world, `Finish ended with '${outcome}' although nothing was cut`)
  return failed(failed({ ...world, step: 'idle' }, 'destination'), 'source')
}

/** All that may happen next. */
export function* next(world: World): Generator<World> {
  if (world.complaint !== undefined) return
  yield* qemuSteps(world)
  for (const side of ['source', 'destination'] as const) {
    const heard = hear(world, side)
    if (heard !== undefined) yield heard
  }
  const client = clientStep(world)
  if (client !== undefined) yield client
}
