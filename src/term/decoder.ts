/**
 * Reads Erlang's external term format, as Elixir, Python and `encodeTerm` write it.
 *
 * The bytes may come from anybody who can write to the table: nothing is allocated for a length or a
 * count that the bytes only claim.
 */
import { isUtf8 } from 'node:buffer'
import { inflateSync } from 'node:zlib'
import { RecordError } from '../job-errors.ts'
import { maxTermBytes, maxTermDepth, maxTermValues, termTag, termVersion } from './tag.ts'

/**
 * A term as JavaScript has it. Atoms are strings, but for nil, true and false; tuples are arrays, so a
 * keyword list is one of pairs; integers beyond 2 ** 53 are BigInt; a binary that is not UTF-8 is its bytes.
 */
export type Term =
  | bigint
  | boolean
  | number
  | string
  | Uint8Array
  | { readonly [key: string]: Term }
  | readonly Term[]
  | null

class TermReader {
  readonly #bytes: Buffer
  #at = 0
  #depth = 0
  #values = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RecordError('the recorded term is cut off')

    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end

    return part
  }

  #count(values: number): void {
    this.#values += values
    if (this.#values > maxTermValues) {
      throw new RecordError(`the recorded term has more than ${maxTermValues} values`)
    }
  }

  #uint8(): number {
    return this.#take(1).readUInt8()
  }

  #uint16(): number {
    return this.#take(2).readUInt16BE()
  }

  #uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  /** The outermost term. */
  document(): Term {
    const version = this.#uint8()
    if (version !== termVersion) {
      throw new RecordError(`a recorded term starts with ${termVersion}, not with ${version}`)
    }
    if (this.#bytes[this.#at] !== termTag.compressed) return this.#term()

    this.#at += 1
    const size = this.#uint32()
    if (size > maxTermBytes) throw new RecordError(`the recorded term has ${size} bytes`)

    return new TermReader(inflate(this.#take(this.#bytes.length - this.#at), size)).#term()
  }

  #term(): Term {
    this.#count(1)
    this.#depth += 1
    if (this.#depth > maxTermDepth) {
      throw new RecordError(`the recorded term is nested deeper than ${maxTermDepth} levels`)
    }

    const term = this.#tagged(this.#uint8())
    this.#depth -= 1

    return term
  }

  #tagged(tag: number): Term {
    switch (tag) {
      case termTag.smallInteger:
        return this.#uint8()
      case termTag.integer:
        return this.#take(4).readInt32BE()
      case termTag.newFloat:
        return float(this.#take(8).readDoubleBE())
      case termTag.float:
        return float(Number.parseFloat(this.#take(31).toString('latin1')))
      case termTag.smallBig:
        return this.#big(this.#uint8())
      case termTag.largeBig:
        return this.#big(this.#uint32())
      case termTag.atom:
        return atom(this.#take(this.#uint16()).toString('latin1'))
      case termTag.smallAtom:
        return atom(this.#take(this.#uint8()).toString('latin1'))
      case termTag.atomUtf8:
        return atom(this.#take(this.#uint16()).toString('utf8'))
      case termTag.smallAtomUtf8:
        return atom(this.#take(this.#uint8()).toString('utf8'))
      case termTag.binary:
        return text(this.#take(this.#uint32()))
      // Elixir writes a list of small integers, such as [1, 2, 3], as the bytes of a string.
      case termTag.string:
        return this.#string()
      case termTag.nil:
        return []
      case termTag.list:
        return this.#list()
      case termTag.smallTuple:
        return this.#elements(this.#uint8())
      case termTag.largeTuple:
        return this.#elements(this.#uint32())
      case termTag.map:
        return this.#map()
      default:
        throw new RecordError(`a recorded term of tag ${tag} (a pid, function, …) cannot be read`)
    }
  }

  #string(): number[] {
    const bytes = this.#take(this.#uint16())
    this.#count(bytes.length)

    return [...bytes]
  }

  #big(length: number): Term {
    const isNegative = this.#uint8() !== 0
    // The digits are bytes, lowest first.
    const digits = Buffer.from(this.#take(length).toReversed())
    const magnitude = BigInt(`0x0${digits.toString('hex')}`)
    const value = isNegative ? -magnitude : magnitude
    const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER

    return isSafe ? Number(value) : value
  }

  #elements(count: number): Term[] {
    // Grown as they are read: a claim of billions ends with the bytes.
    const elements: Term[] = []
    for (let index = 0; index < count; index += 1) elements.push(this.#term())

    return elements
  }

  #list(): Term[] {
    const elements = this.#elements(this.#uint32())
    if (this.#uint8() !== termTag.nil) {
      throw new RecordError('a recorded list with an improper tail cannot be read')
    }

    return elements
  }

  #map(): Term {
    const count = this.#uint32()
    const entries: [string, Term][] = []
    for (let index = 0; index < count; index += 1) entries.push([keyOf(this.#term()), this.#term()])

    // fromEntries defines its members, so that a key of "__proto__" is one like any other.
    return Object.fromEntries(entries)
  }
}

function inflate(compressed: Buffer, size: number): Buffer {
  try {
    // 0 would mean no limit at all.
    return inflateSync(compressed, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    throw new RecordError('the recorded term cannot be decompressed', { cause: error })
  }
}

/** Erlang has no other. */
function float(value: number): number {
  if (!Number.isFinite(value)) throw new RecordError('the recorded term has a float that is none')

  return value
}

function atom(name: string): Term {
  // Elixir's nothing, and Erlang's, which libraries of other languages write.
  if (name === 'nil' || name === 'undefined') return null
  if (name === 'true' || name === 'false') return name === 'true'

  return name
}

function text(bytes: Buffer): Term {
  return isUtf8(bytes) ? bytes.toString('utf8') : new Uint8Array(bytes)
}

function keyOf(key: Term): string {
  if (typeof key === 'string') return key
  if (typeof key === 'object' && key !== null) {
    throw new RecordError('a recorded map with a key that is a list, tuple or map cannot be read')
  }

  return key === null ? 'nil' : String(key)
}

/**
 * Read a term. Bytes after its end are ignored, as Erlang does.
 *
 * @throws {RecordError} when the bytes are cut off, too deep, too large or hold what only Erlang has
 */
export function decodeTerm(bytes: Uint8Array): Term {
  return new TermReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).document()
}
