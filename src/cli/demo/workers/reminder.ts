/** Runs when its time has come, and notes how late it was. */
import { z } from 'zod'
import { defineWorker, record } from '../../../index.ts'

export const reminderResult = z.object({ dueAt: z.string(), ranAt: z.string(), lateMs: z.number() })

export const Reminder = defineWorker({
  name: 'Reminder',
  process({ scheduledAt }) {
    const ranAt = new Date()
    const lateMs = ranAt.getTime() - scheduledAt.getTime()

    return record({ dueAt: scheduledAt.toISOString(), ranAt: ranAt.toISOString(), lateMs })
  },
})
