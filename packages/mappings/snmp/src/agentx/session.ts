// SPDX-License-Identifier: LGPL-2.1-or-later
// One session with a master, without a socket: messages in, messages out.
import type { Logger } from '@virt/core'
import type { Agent } from '../agent.js'
import { SetTransaction } from '../mib/view.js'
import type { Oid } from '../wire/oid.js'
import { ErrorStatus, endOfMibView, type VarBind } from '../wire/value.js'
import { AgentxError, agentxErrorName, type Pdu, type PduBody, PduFlag, PduType } from './pdu.js'

/** What a request of ours waits for. */
interface Waiting {
  resolve(pdu: Pdu & { type: 18 }): void
  reject(error: Error): void
}
/** Sets that are tested and not yet cleaned up. */
const maxTransactions = 64
/** Questions that wait for figures to be read. */
const maxWaitingQuestions = 256

const description = '@virt/snmp'

/** A session with a master. */
export class Session {
  isRegistered = false
  /** Told when the master ends the session. */
  onEnd: (error: Error) => void = () => {}
  readonly #agent: Agent
  readonly #send: (pdu: Pdu) => void
  readonly #log: Logger
  readonly #waiting = new Map<number, Waiting>()
  readonly #transactions = new Map<number, SetTransaction>()
  #id = 0
  #packet = 0
  #questions = 0

  constructor(agent: Agent, send: (pdu: Pdu) => void, log: Logger) {
    this.#agent = agent
    this.#send = send
    this.#log = log
  }

  /** Asks for a session. @throws Error with the master's reason */
  async open(): Promise<void> {
    const roots = this.#agent.modules.map(({ root }) => root)
    const pdu = await this.#ask({ type: PduType.open, timeout: 10, id: roots[0] ?? [], description })
    if (pdu.error !== 0) throw new Error(`the master opens no session: ${agentxErrorName(pdu.error)}`)
    this.#id = pdu.session
  }

  /** Registers what the agent has. @throws Error with the master's reason */
  async register(): Promise<void> {
    for (const { root, name } of this.#agent.modules) {
      const pdu = await this.#ask({ type: PduType.register, timeout: 0, priority: 127, rangeSubid: 0, subtree: root })
      if (pdu.error !== 0) throw new Error(`the master does not register ${name}: ${agentxErrorName(pdu.error)}`)
      const caps = await this.#ask({ type: PduType.addAgentCaps, id: root, description: `${name} by ${description}` })
      // Nothing depends on it: there are masters that do not list capabilities.
      if (caps.error !== 0) this.#log.debug(`capabilities of ${name}: ${agentxErrorName(caps.error)}`)
    }
    this.isRegistered = true
  }

  /** Asks for a sign of life. */
  async ping(): Promise<void> {
    await this.#ask({ type: PduType.ping })
  }

  /** Sends a notification; nobody waits for its answer. */
  notify(variables: readonly VarBind[]): void {
    if (!this.isRegistered) return
    this.#ask({ type: PduType.notify, variables }).catch(() => {})
  }

  /** Says good-bye. */
  close(reason: number): void {
    if (this.#id !== 0) this.#write({ type: PduType.close, reason }, { transaction: 0, packet: ++this.#packet })
  }

  /** Rejects what still waits. */
  abandon(error: Error): void {
    this.isRegistered = false
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#transactions.clear()
  }

  /** Takes a message of the master. */
  receive(pdu: Pdu): void {
    if (pdu.type === PduType.response) return this.#answered(pdu)
    if (pdu.session !== this.#id) return this.#respond(pdu, [], AgentxError.notOpen)
    switch (pdu.type) {
      case PduType.get:
      case PduType.getNext:
      case PduType.getBulk:
        if (pdu.context !== undefined && pdu.context.length > 0)
          return this.#respond(pdu, [], AgentxError.unsupportedContext)
        if (this.#agent.isFresh) return this.#respond(pdu, answers(this.#agent, pdu))
        return void this.#answerLater(pdu)
      case PduType.testSet:
        return this.#test(pdu)
      case PduType.commitSet:
        return void this.#step(pdu, (set) => set.commit())
      case PduType.undoSet:
        return void this.#step(pdu, (set) => set.undo()).then(() => this.#transactions.delete(pdu.transaction))
      case PduType.cleanupSet:
        // The only message without an answer.
        this.#transactions.delete(pdu.transaction)
        return
      case PduType.close:
        this.#id = 0
        return this.onEnd(new Error(`it ended the session, reason ${pdu.reason}`))
      default:
        return this.#respond(pdu, [], AgentxError.processingError)
    }
  }

  async #answerLater(pdu: Question): Promise<void> {
    if (this.#questions >= maxWaitingQuestions) return this.#respond(pdu, [], ErrorStatus.genErr, 1)
    this.#questions++
    try {
      await this.#agent.beforeRead()
      this.#respond(pdu, answers(this.#agent, pdu))
    } finally {
      this.#questions--
    }
  }

  #test(pdu: Pdu & { type: 8 }): void {
    if (this.#transactions.size >= maxTransactions) return this.#respond(pdu, [], ErrorStatus.resourceUnavailable, 1)
    const result = this.#agent.view.test(pdu.variables)
    if (!(result instanceof SetTransaction)) return this.#respond(pdu, [], result.error, result.index)
    this.#transactions.set(pdu.transaction, result)
    this.#respond(pdu, [])
  }

  async #step(
    pdu: Pdu,
    run: (set: SetTransaction) => Promise<{ error: number; index: number } | undefined>,
  ): Promise<void> {
    const set = this.#transactions.get(pdu.transaction)
    if (set === undefined) return this.#respond(pdu, [], AgentxError.processingError)
    const failure = await run(set)
    this.#respond(pdu, [], failure?.error, failure?.index)
  }

  #ask(body: PduBody): Promise<Pdu & { type: 18 }> {
    const packet = ++this.#packet
    return new Promise((resolve, reject) => {
      this.#waiting.set(packet, { resolve, reject })
      this.#write(body, { transaction: packet, packet })
    })
  }

  #answered(pdu: Pdu & { type: 18 }): void {
    const waiting = this.#waiting.get(pdu.packet)
    this.#waiting.delete(pdu.packet)
    this.#agent.upTime = pdu.sysUpTime
    waiting?.resolve(pdu)
  }

  #respond(pdu: Pdu, variables: readonly VarBind[], error = 0, index = 0): void {
    this.#send({
      type: PduType.response,
      sysUpTime: 0,
      error,
      index,
      variables,
      flags: PduFlag.networkOrder,
      session: this.#id,
      transaction: pdu.transaction,
      packet: pdu.packet,
    })
  }

  #write(body: PduBody, to: { transaction: number; packet: number }): void {
    this.#send({
      ...body,
      flags: PduFlag.networkOrder,
      session: this.#id,
      transaction: to.transaction,
      packet: to.packet,
    })
  }
}

type Question = Pdu & { type: 5 | 6 | 7 }

/** The answers to a question. */
function answers({ view }: Agent, pdu: Question): readonly VarBind[] {
  if (pdu.type === PduType.get) return pdu.ranges.map(({ start }) => ({ oid: start, value: view.get(start) }))
  if (pdu.type === PduType.getNext) return pdu.ranges.map(({ start, include, end }) => view.next(start, include, end))
  const out = pdu.ranges.slice(0, pdu.nonRepeaters).map(({ start, include, end }) => view.next(start, include, end))
  const walks = pdu.ranges.slice(pdu.nonRepeaters).map((range) => ({ ...range, done: false }))
  for (let n = 0; n < pdu.maxRepetitions && walks.some(({ done }) => !done) && out.length < maxVariables; n++)
    for (const walk of walks) {
      const found: VarBind = walk.done
        ? { oid: walk.start, value: endOfMibView }
        : view.next(walk.start, walk.include, walk.end)
      out.push(found)
      Object.assign(walk, {
        start: found.oid satisfies Oid,
        include: false,
        done: found.value.type === endOfMibView.type,
      })
    }
  return out
}
/** Most variables in one answer. */
const maxVariables = 10_000
