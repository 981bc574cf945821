import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { isOverdue, isRefusal, NoAnswerError } from '../../src/engine/refusal.ts'

describe('refusal', () => {
  test.each([
    ['08006', 'connection_failure', false],
    ['25006', 'read_only_sql_transaction', false],
    ['53100', 'disk_full', false],
    ['53300', 'too_many_connections', false],
    ['57P01', 'admin_shutdown', false],
    ['57P03', 'cannot_connect_now', false],
    ['57014', 'query_canceled', true],
    ['55P03', 'lock_not_available', true],
    ['40P01', 'deadlock_detected', true],
    ['22P05', 'untranslatable_character', true],
    ['23514', 'check_violation', true],
    ['42P01', 'undefined_table', true],
  ])('is what %s (%s) tells: %s', (code, name, expected) => {
    const error = new DatabaseError(name, 1, 'error')
    error.code = code

    expect(isRefusal(error)).toBe(expected)
  })

  test.each([
    ['who waited for the server', new NoAnswerError(5_000)],
    ['the driver', new Error('Query read timeout')],
  ])('is none, and the answer overdue, when %s gave up', (_, error) => {
    expect(isRefusal(error)).toBe(false)
    expect(isOverdue(error)).toBe(true)
    expect(isOverdue(new Error('read ECONNRESET'))).toBe(false)
  })
})
