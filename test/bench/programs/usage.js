// What this process has used so far.
import { readFileSync } from 'node:fs'

/** Of the main thread alone, in microseconds. `process.cpuUsage()` adds all threads up. */
function mainMicroseconds() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage()

    return user + system
  }
  // Linux counts each task's time on a processor in nanoseconds; the main thread's id is the process's.
  if (process.platform === 'linux') {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(
      ' ',
    )

    return Number(nanoseconds) / 1_000
  }
  const { utilization } = performance.eventLoopUtilization()

  return performance.now() * utilization * 1_000
}

export function usage() {
  const { user, system } = process.cpuUsage()

  return {
    mainUs: mainMicroseconds(),
    cpuUs: user + system,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  }
}
