// SPDX-License-Identifier: LGPL-2.1-or-later
export * as admin from './admin.gen.js'
export type { Binding } from './binding.js'
export { readError, writeError } from './error-codec.js'
export type { EventCodec } from './event.js'
export { eventCodecs } from './events.gen.js'
export {
  type Frame,
  FrameParser,
  FrameStatus,
  FrameType,
  FrameWriter,
  framesIn,
  headerSize,
  keepFrame,
  maxFds,
  maxPacket,
  maxStreamData,
  Program,
  payloadBytes,
  payloadOf,
} from './frame.js'
export { Keepalive, type KeepaliveAction, KeepaliveTimer } from './keepalive.js'
export * as lxc from './lxc.gen.js'
export type { Encoder, MessageCodec, Procedure } from './procedure.js'
export type { ProcedureTypes } from './procedures.gen.js'
export * as qemu from './qemu.gen.js'
export * as remote from './remote.gen.js'
export {
  clientStream,
  daemonStream,
  type StreamAction,
  StreamMachine,
  type StreamPacket,
  type StreamState,
  type StreamTable,
  type StreamWish,
  streamPacket,
} from './stream.js'
export { bindingAt, procedureAt, procedures } from './tables.js'
export { XdrError, XdrReader, XdrWriter } from './xdr.js'
