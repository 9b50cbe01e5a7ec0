/**
 * A client that asks NOISE_URL without pause, as a process of its own. Told to end, it writes how often it was refused. In the real world it has a processor of its own; here it takes what the servers leave.
 */
import { setPriority } from 'node:os'

const LEAST_URGENT = 19
const { NOISE_URL: url = '', NOISE_COOKIE: cookie = '', NOISE_PER_SECOND: perSecond = '1' } = process.env
setPriority(LEAST_URGENT)
let refused = 0
const timer = setInterval(
  () =>
    void fetch(url, { headers: { cookie } })
      .then(async answer => {
        await answer.arrayBuffer()
        if (answer.status === 429) refused++
      })
      .catch(() => undefined),
  1_000 / Number(perSecond),
)
process.once('SIGTERM', () => {
  clearInterval(timer)
  process.stdout.write(String(refused), () => process.exit(0))
})
