/**
 * Sends at the moments a Poisson process has chosen beforehand, whether or not earlier answers have come: a slow answer does not keep
 * the next question back.
 * @returns milliseconds from the planned moment of each to its end
 */
export async function openLoop(
  send: (nth: number) => Promise<void>,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<number[]> {
  const planned: number[] = []
  for (let at = 0; at < seconds * 1000; at += (-Math.log(1 - Math.random()) / perSecond) * 1000)
    planned.push(at)
  const started = performance.now()
  const sent: Promise<number>[] = []
  const fire = async (nth: number, at: number) => {
    await send(nth)
    return performance.now() - started - at
  }
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      const now = performance.now() - started
      while ((planned[sent.length] ?? Infinity) <= now) {
        const answer = fire(sent.length, planned[sent.length] ?? 0)
        answer.catch(reject)
        sent.push(answer)
      }
      if (sent.length < planned.length) setTimeout(look, 1)
      else resolve()
    }
    look()
  })
  return Promise.all(sent)
}

export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}
