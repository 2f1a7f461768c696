// SPDX-License-Identifier: GPL-2.0-or-later
// Where the daemon's messages go: standard error, files, the system's loggers.
import { createWriteStream, openSync } from 'node:fs'
import { formatTime, VirtError } from '@virt/core'
import { load, loadFailure } from '@virt/native'
import type { LogDestination, LogRecord, LogSink } from '@virt/server'
import { fileError } from './system-text.js'

const words = ['', 'debug', 'info', 'warning', 'error'] as const
/** Severities of syslog(3), which journald uses too. */
const severities = [7, 7, 6, 4, 3] as const
/** LOG_DAEMON */
const facility = 3
/** Bytes that may wait for a file; what comes then is left out, and counted. */
const maxWaiting = 8 * 1024 * 1024
/** Longest message that a logger of the system gets: the kernel bounds a datagram. */
const maxDatagram = 60_000

/** Where the loggers of the system listen, and how they are reached. */
export interface Loggers {
  readonly syslog: string
  readonly journald: string
  native(): { readonly sockets: { open(options: { type: 'datagram'; connect: string }): Datagrams } } | undefined
}
/** A socket that sends to one logger. */
interface Datagrams {
  send(bytes: string | Uint8Array): Promise<void>
  close(): void
}
const here: Loggers = { syslog: '/dev/log', journald: '/run/systemd/journal/socket', native: load }

/** Opens a destination. @throws VirtError when it cannot be written to */
export function openSink(to: LogDestination, loggers: Loggers = here): LogSink {
  switch (to.kind) {
    case 'stderr':
      return { write: (record) => void process.stderr.write(lineOf(record)), close() {} }
    case 'file':
      return fileSink(to.path)
    case 'syslog':
      return datagramSink('syslog', loggers.syslog, loggers, (record) => syslogText(record, to.name))
    case 'journald':
      return datagramSink('journald', loggers.journald, loggers, journalFields)
  }
}

/** A message as libvirt prints it, with its source in place of C's function and line. */
export function lineOf({ time, priority, source, message }: LogRecord): string {
  const from = source === '' ? '' : `${source} : `
  return `${formatTime(time)}: ${process.pid}: ${words[priority]} : ${from}${message}\n`
}

function fileSink(path: string): LogSink {
  let fd: number
  try {
    fd = openSync(path, 'a', 0o600)
  } catch (cause) {
    throw fileError(`failed to open ${path}`, cause)
  }
  const stream = createWriteStream(path, { fd })
  let lost = 0
  stream.on('error', (error) => {
    if (lost++ === 0) process.stderr.write(`virtd: cannot write to ${path}: ${error.message}\n`)
  })
  return {
    write(record) {
      if (stream.writableLength > maxWaiting) {
        lost++
        return
      }
      if (lost > 0)
        stream.write(lineOf({ ...record, priority: 3, message: `${lost} messages were lost: the file was too slow` }))
      lost = 0
      stream.write(lineOf(record))
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  }
}

/** A logger that takes datagrams; one that is not there is tried again with the next message. */
function datagramSink(
  name: string,
  path: string,
  loggers: Loggers,
  encode: (record: LogRecord) => string | Uint8Array,
): LogSink {
  const native = loggers.native()
  if (native === undefined)
    throw new VirtError(`cannot log to ${name}: ${loadFailure()}`, {
      code: 'config-unsupported',
      details: 'log to stderr or to a file',
    })
  let socket: Datagrams | undefined
  let told = false
  const failed = (error: unknown): void => {
    socket?.close()
    socket = undefined
    if (told) return
    told = true
    process.stderr.write(
      `virtd: cannot log to ${name} (${path}): ${(error as Error).message}; trying again each time\n`,
    )
  }
  const connect = (): Datagrams | undefined => {
    try {
      socket ??= native.sockets.open({ type: 'datagram', connect: path })
    } catch (error) {
      failed(error)
    }
    return socket
  }
  connect()
  return {
    write(record) {
      const mine = connect()
      const text = encode(
        record.message.length <= maxDatagram ? record : { ...record, message: record.message.slice(0, maxDatagram) },
      )
      mine?.send(text).then(
        () => {
          told = false
        },
        (error) => {
          if (mine === socket) failed(error)
        },
      )
    },
    close() {
      socket?.close()
      socket = undefined
    },
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** As syslog(3) writes it: the time is local. */
function syslogText({ time, priority, source, message }: LogRecord, name: string): string {
  const at = new Date(time)
  const two = (n: number): string => String(n).padStart(2, '0')
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const date = `${months[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${clock}`
  const from = source === '' ? '' : `${source} : `
  return `<${facility * 8 + severities[priority]}>${date} ${name}[${process.pid}]: ${words[priority]} : ${from}${message}`
}

/** Fields of journald's protocol; a value of several lines carries its length. */
function journalFields({ priority, source, message }: LogRecord): Uint8Array {
  const fields: [string, string][] = [
    ['MESSAGE', message],
    ['PRIORITY', String(severities[priority])],
    ['SYSLOG_FACILITY', String(facility)],
    ['SYSLOG_IDENTIFIER', 'virtd'],
    ['LIBVIRT_SOURCE', source],
  ]
  return Buffer.concat(fields.map(([name, value]) => fieldOf(name, Buffer.from(value))))
}

function fieldOf(name: string, value: Buffer): Buffer {
  if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')])
}
