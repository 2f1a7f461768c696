// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { bindProperty, events, GObject, type PropertyInfo, type SignalInfo } from '../src/index.js'

type LampSignals = { switched: readonly [on: boolean]; broken: readonly []; plain: readonly [] }

class Lamp extends GObject<LampSignals> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = {
    switched: { run: 'last', detailed: true, noRecurse: true },
    broken: { run: 'first', detailed: true },
    plain: { run: 'last' },
  }
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {
    level: { type: 'number', writable: true },
  }
  readonly log: string[] = []
  #level = 0
  get level(): number {
    return this.#level
  }
  set level(value: number) {
    if (Object.is(value, this.#level)) return
    this.#level = value
    this.notify('level')
  }
  turn(on: boolean, detail?: string): void {
    this.emit('switched', [on], detail)
  }
  break(detail?: string): void {
    this.emit('broken', [], detail)
  }
  protected override classHandler(name: string): void {
    this.log.push(`class:${name}`)
  }
}

describe('a signal', () => {
  it('runs handlers in the order of their connection, then the class’s own, then those for after', () => {
    const lamp = new Lamp()
    lamp.connect('switched', () => lamp.log.push('after'), { after: true })
    lamp.connect('switched', () => lamp.log.push('a'))
    lamp.connect('switched', () => lamp.log.push('b'))
    lamp.turn(true)
    expect(lamp.log).toEqual(['a', 'b', 'class:switched', 'after'])
  })

  it('of the other kind has the class’s own first', () => {
    const lamp = new Lamp()
    lamp.connect('broken', () => lamp.log.push('a'))
    lamp.break()
    expect(lamp.log).toEqual(['class:broken', 'a'])
  })

  it('goes to those who asked for its detail, and to those who asked for none', () => {
    const lamp = new Lamp()
    const got: string[] = []
    lamp.connect('switched::hand', (_self, on) => got.push(`hand ${on}`))
    lamp.connect('switched::timer', () => got.push('timer'))
    lamp.connect('switched', () => got.push('any'))
    lamp.turn(true, 'hand')
    lamp.turn(false)
    expect(got).toEqual(['hand true', 'any', 'any'])
  })

  it('is not known, or has no details: that is said at once', () => {
    const lamp = new Lamp()
    expect(() => lamp.connect('exploded' as 'broken', () => {})).toThrow(/Lamp has no signal 'exploded'/)
    expect(() => lamp.connect('plain::detail', () => {})).toThrow(/'plain' has no details/)
  })

  it('is connected by types: a wrong name or argument does not compile', () => {
    const lamp = new Lamp()
    lamp.connect('switched', (self, on) => {
      expectTypeOf(self).toEqualTypeOf<Lamp>()
      expectTypeOf(on).toEqualTypeOf<boolean>()
    })
    // @ts-expect-error there is no such signal
    expect(() => lamp.connect('exploded', () => {})).toThrow()
    lamp.connect('notify::level', (_self, name) => expectTypeOf(name).toEqualTypeOf<string>())
  })

  it('from inside one of its own comes after it', () => {
    const lamp = new Lamp()
    const got: string[] = []
    lamp.connect('switched', (_self, on) => {
      got.push(`one ${on}`)
      if (on) lamp.turn(false)
    })
    lamp.connect('switched', (_self, on) => got.push(`two ${on}`))
    lamp.turn(true)
    expect(got).toEqual(['one true', 'two true', 'one false', 'two false'])
  })

  it('is stopped by a handler', () => {
    const lamp = new Lamp()
    lamp.connect('switched', () => lamp.stopEmission('switched'))
    lamp.connect('switched', () => lamp.log.push('never'))
    lamp.turn(true)
    expect(lamp.log).toEqual([])
  })

  it('goes on when a handler throws', () => {
    const lamp = new Lamp()
    const thrown: unknown[] = []
    lamp.onHandlerError = (error, signal) => thrown.push(signal, error)
    lamp.connect('switched', () => {
      throw new Error('no')
    })
    lamp.connect('switched', () => lamp.log.push('b'))
    lamp.turn(true)
    expect(lamp.log).toEqual(['b', 'class:switched'])
    expect(thrown).toEqual(['switched', new Error('no')])
  })

  it('keeps to connecting, disconnecting, blocking in any order', () => {
    const step = fc.record({
      what: fc.constantFrom('connect', 'disconnect', 'block', 'unblock', 'emit'),
      which: fc.nat(4),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lamp = new Lamp()
        const got: number[] = []
        const model: { id: number; tag: number; blocked: number }[] = []
        let tag = 0
        for (const { what, which } of steps) {
          const one = model[which % Math.max(1, model.length)]
          if (what === 'connect') {
            const mine = ++tag
            model.push({ id: lamp.connect('switched', () => got.push(mine)), tag: mine, blocked: 0 })
          } else if (what === 'emit') {
            got.length = 0
            lamp.turn(true)
            expect(got).toEqual(model.filter(({ blocked }) => blocked === 0).map((m) => m.tag))
          } else if (one !== undefined) {
            if (what === 'disconnect') {
              lamp.disconnect(one.id)
              model.splice(model.indexOf(one), 1)
            } else if (what === 'block') {
              lamp.block(one.id)
              one.blocked++
            } else {
              lamp.unblock(one.id)
              one.blocked = Math.max(0, one.blocked - 1)
            }
          }
          for (const { id } of model) expect(lamp.isConnected(id)).toBe(true)
        }
      }),
    )
  })

  it('ends with an AbortSignal, once, and when disposed', () => {
    const lamp = new Lamp()
    const stop = new AbortController()
    const got: string[] = []
    lamp.connect('switched', () => got.push('signal'), { signal: stop.signal })
    lamp.once('switched', () => got.push('once'))
    lamp.turn(true)
    stop.abort()
    lamp.turn(true)
    expect(got).toEqual(['signal', 'once'])
    lamp.on('switched', () => got.push('late'))
    lamp.dispose()
    lamp.turn(true)
    expect(got).toEqual(['signal', 'once'])
  })
})

describe('a property', () => {
  it('tells of changes, once for each thaw, and never of the same value', () => {
    const lamp = new Lamp()
    let told = 0
    lamp.connect('notify::level', () => told++)
    lamp.level = 1
    lamp.level = 1
    expect(told).toBe(1)
    lamp.freezeNotify()
    lamp.level = 2
    lamp.level = 3
    expect(told).toBe(1)
    lamp.thawNotify()
    expect(told).toBe(2)
  })

  it('follows another, both ways without a loop, until it is unbound', () => {
    const [a, b] = [new Lamp(), new Lamp()]
    const binding = bindProperty(a, 'level', b, 'level', {
      bidirectional: true,
      sync: true,
      to: (n) => n * 2,
      from: (n) => Math.floor(n / 2),
    })
    a.level = 3
    expect(b.level).toBe(6)
    b.level = 9
    expect(a.level).toBe(4)
    binding.unbind()
    a.level = 100
    expect(b.level).toBe(9)
  })
})

describe('events()', () => {
  it('are iterated in order, with a bound', async () => {
    const lamp = new Lamp()
    const stream = events(lamp, { limit: 2 })
    lamp.turn(true)
    lamp.turn(false)
    lamp.break()
    expect(stream.dropped).toBe(1)
    expect((await stream.next()).value).toEqual(['switched', false])
    expect((await stream.next()).value).toEqual(['broken'])
    const waiting = stream.next()
    stream[Symbol.dispose]()
    expect(await waiting).toEqual({ value: undefined, done: true })
  })
})
