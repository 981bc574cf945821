/**
 * Writes JSON-like values in Erlang's external term format: Oban Web and Oban Pro read recorded
 * values with `binary_to_term`, and plain JSON there breaks the page of the job.
 *
 * Strings and keys are binaries; the only atoms are nil, true and false, so that a reader in safe
 * mode knows them all.
 */
import { hasLoneSurrogate, pathTo } from './job/json.ts'
import { RecordError } from './job-errors.ts'
import { decodeTerm, type Term } from './term/decoder.ts'
import { maxTermBytes, maxTermDepth, maxTermValues, termTag, termVersion } from './term/tag.ts'

export { decodeTerm, type Term } from './term/decoder.ts'

class TermWriter {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0
  #values = 0
  /** The objects that contain the one being written, outermost first. */
  readonly #open: object[] = []

  constructor() {
    this.#reserve(1, '')
    this.#length = this.#bytes.writeUInt8(termVersion)
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(count: number, path: string): void {
    const needed = this.#length + count
    if (needed > maxTermBytes) {
      refuse(path, `does not fit; a recorded value has at most ${maxTermBytes} bytes`)
    }
    if (needed <= this.#bytes.length) return

    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }

  #tag(tag: number, path: string): void {
    this.#reserve(1, path)
    this.#length = this.#bytes.writeUInt8(tag, this.#length)
  }

  #tagged32(tag: number, value: number, path: string): void {
    this.#tag(tag, path)
    this.#reserve(4, path)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
  }

  /** `undefined` has been dealt with by whoever contains it. */
  write(value: unknown, path: string): void {
    this.#values += 1
    // A key is read as a value too.
    if (this.#values > maxTermValues) refuse('', `has more than ${maxTermValues} values`)
    switch (typeof value) {
      case 'string':
        return this.#string(value, path)
      case 'number':
        return this.#number(value, path)
      case 'bigint':
        return this.#integer(value, path)
      case 'boolean':
        return this.#atom(value ? 'true' : 'false', path)
      case 'undefined':
        return this.#atom('nil', path)
      case 'object':
        return value === null ? this.#atom('nil', path) : this.#object(value, path)
      case 'function':
      case 'symbol':
        return refuse(path, `is a ${typeof value}`)
    }
  }

  #atom(name: string, path: string): void {
    this.#tag(termTag.smallAtomUtf8, path)
    this.#tag(name.length, path)
    this.#reserve(name.length, path)
    this.#length += this.#bytes.write(name, this.#length, 'latin1')
  }

  #string(value: string, path: string): void {
    if (hasLoneSurrogate(value)) refuse(path, 'contains half of a surrogate pair')

    const size = Buffer.byteLength(value)
    this.#tagged32(termTag.binary, size, path)
    this.#reserve(size, path)
    this.#length += this.#bytes.write(value, this.#length, 'utf8')
  }

  #number(value: number, path: string): void {
    if (!Number.isFinite(value)) refuse(path, `is ${value}`)
    // An integer would lose the sign of -0, and beyond 2 ** 53 claim digits that nobody computed.
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      return this.#integer(BigInt(value), path)
    }

    this.#tag(termTag.newFloat, path)
    this.#reserve(8, path)
    this.#length = this.#bytes.writeDoubleBE(value, this.#length)
  }

  #integer(value: bigint, path: string): void {
    if (value >= 0n && value <= 255n) {
      this.#tag(termTag.smallInteger, path)

      return this.#tag(Number(value), path)
    }
    // Unsigned 32 bits of a negative number are its two's complement.
    if (BigInt.asIntN(32, value) === value) {
      return this.#tagged32(termTag.integer, Number(BigInt.asUintN(32, value)), path)
    }

    const hex = (value < 0n ? -value : value).toString(16)
    const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
    const digits = bytes.toReversed()
    if (digits.length <= 255) {
      this.#tag(termTag.smallBig, path)
      this.#tag(digits.length, path)
    } else {
      this.#tagged32(termTag.largeBig, digits.length, path)
    }
    this.#tag(value < 0n ? 1 : 0, path)
    this.#reserve(digits.length, path)
    this.#bytes.set(digits, this.#length)
    this.#length += digits.length
  }

  #object(value: object, path: string): void {
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      const json: unknown = value.toJSON()

      // As JSON.stringify: the answer is not asked again, it may well be the same object.
      return typeof json === 'object' && json !== null
        ? this.#container(json, path)
        : this.write(json, path)
    }

    return this.#container(value, path)
  }

  #container(value: object, path: string): void {
    if (this.#open.includes(value)) refuse(path, 'refers back to an object that contains it')
    if (this.#open.length + 1 >= maxTermDepth) {
      refuse('', `is nested deeper than ${maxTermDepth} levels`)
    }

    this.#open.push(value)
    if (Array.isArray(value)) this.#list(value, path)
    else this.#map(value, path)
    this.#open.pop()
  }

  #list(elements: readonly unknown[], path: string): void {
    if (elements.length > 0) {
      // Each element takes a byte or more; a sparse array may claim billions of them.
      if (elements.length > maxTermBytes) this.#reserve(elements.length, path)
      this.#tagged32(termTag.list, elements.length, path)
      for (const [index, element] of elements.entries()) this.write(element, pathTo(path, index))
    }
    this.#tag(termTag.nil, path)
  }

  #map(object: object, path: string): void {
    // A Map would become {}, bytes a map of their indices, a Promise that nobody awaited nothing.
    const kind = Object.prototype.toString.call(object).slice(8, -1)
    if (kind !== 'Object') refuse(path, `is a ${kind}`)

    const entries = Object.entries(object).filter((entry) => entry[1] !== undefined)
    this.#tagged32(termTag.map, entries.length, path)
    this.#values += entries.length
    for (const [key, member] of entries) {
      this.#string(key, pathTo(path, key))
      this.write(member, pathTo(path, key))
    }
  }
}

function refuse(path: string, message: string): never {
  throw new RecordError(`cannot record the value: ${path === '' ? 'it' : path} ${message}`)
}

/**
 * Write a value as a term. As in JSON, `toJSON` is honoured (a Date becomes its ISO string), members
 * that are `undefined` are left out, and `undefined` elsewhere is nil.
 *
 * @throws {RecordError} naming the path of a function, symbol, NaN, cycle, Map, …, or when the term
 *   would have more than 64,000,000 bytes or 5,000,000 values
 */
export function encodeTerm(value: unknown): Uint8Array {
  const writer = new TermWriter()
  writer.write(value, '')

  return writer.finish()
}

/**
 * The stored form of a recorded value: its term in base64 without padding.
 *
 * @throws {RecordError} when the value cannot be encoded
 */
export function encodeRecorded(value: unknown): string {
  const bytes = encodeTerm(value)

  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('base64')
    .replace(/=+$/, '')
}

/**
 * The value of a stored form, with or without padding.
 *
 * @throws {RecordError} when it is not a term that can be read
 */
export function decodeRecorded(text: string): Term {
  return decodeTerm(Buffer.from(text, 'base64'))
}
