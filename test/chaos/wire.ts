/** PostgreSQL's wire protocol, as far as a proxy must read it to know what passes through. */

/** A message as it is on the wire. */
export interface Frame {
  /** One character; empty for the first message of a client, which has no type. */
  readonly type: string
  readonly bytes: Buffer
}

/** Cuts a stream of bytes into messages. */
export class Framer {
  #rest: Buffer = Buffer.alloc(0)
  #hasStarted: boolean

  /** @param isClient - whether the stream begins with a message without a type */
  constructor(isClient: boolean) {
    this.#hasStarted = !isClient
  }

  push(chunk: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    for (;;) {
      const typeLength = this.#hasStarted ? 1 : 0
      if (this.#rest.length < typeLength + 4) return frames
      const length = typeLength + this.#rest.readInt32BE(typeLength)
      if (this.#rest.length < length) return frames
      frames.push({
        type: this.#rest.toString('latin1', 0, typeLength),
        bytes: this.#rest.subarray(0, length),
      })
      this.#rest = this.#rest.subarray(length)
      this.#hasStarted = true
    }
  }
}

/** The strings of a startup message: names and values in turn. */
export function startupParameters({ bytes }: Frame): Map<string, string> {
  const strings = bytes.toString('utf8', 8).split('\0')
  const names = strings.filter((_, index) => index % 2 === 0)

  return new Map(names.map((name, index) => [name, strings[index * 2 + 1] ?? '']))
}

/** The name and the text of the statement of a Parse message. */
export function parsedStatement({ bytes }: Frame): { name: string; text: string } {
  const [name = '', text = ''] = bytes.toString('utf8', 5).split('\0', 2)

  return { name, text }
}

/** The name of the statement of a Bind message; the portal's name comes before it. */
export function boundStatement({ bytes }: Frame): string {
  return bytes.toString('utf8', 5).split('\0', 2)[1] ?? ''
}
