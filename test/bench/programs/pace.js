// Does something so many times a second, whether or not the one before has ended.

/** Resolves when `count` calls have been made, evenly, and all of them have ended. */
export function atPace(perSecond, count, act) {
  const startedAt = performance.now()
  const running = []

  return new Promise((resolve, reject) => {
    const tick = () => {
      const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond))
      while (running.length < due) running.push(act(running.length))
      if (running.length < count) setTimeout(tick, 1)
      else Promise.all(running).then(resolve, reject)
    }
    tick()
  })
}
