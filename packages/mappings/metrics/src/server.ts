// SPDX-License-Identifier: LGPL-2.1-or-later
// The endpoint that Prometheus reads.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

/** Where it listens. */
export interface EndpointOptions {
  readonly host: string
  readonly port: number
  /** `/metrics` by default. */
  readonly path?: string
}

/** Answers that are being made; more are refused. */
const maxAnswers = 16

/** An HTTP server with one page. */
export class Endpoint implements AsyncDisposable {
  readonly #server: Server
  readonly #registry: Registry
  readonly #path: string
  #answers = 0

  private constructor(registry: Registry, path: string) {
    this.#registry = registry
    this.#path = path
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      void this.#answer(request, response)
    })
  }

  /** Starts it. @throws Error when the address is in use */
  static async start(registry: Registry, options: EndpointOptions): Promise<Endpoint> {
    const endpoint = new Endpoint(registry, options.path ?? '/metrics')
    await new Promise<void>((resolve, reject) => {
      endpoint.#server.once('error', reject)
      endpoint.#server.listen({ host: options.host, port: options.port }, resolve)
    })
    return endpoint
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'only GET\n')
    if (path === '/') return end(200, `The metrics are at ${this.#path}\n`)
    if (path !== this.#path) return end(404, `nothing here; the metrics are at ${this.#path}\n`)
    if (this.#answers >= maxAnswers) return end(503, 'too many questions at once\n')
    this.#answers++
    try {
      end(200, await this.#registry.metrics(), this.#registry.contentType)
    } catch (error) {
      end(500, `${(error as Error).message}\n`)
    } finally {
      this.#answers--
    }
  }
}
