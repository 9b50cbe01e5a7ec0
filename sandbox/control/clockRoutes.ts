import { Hono } from 'hono'
import { z } from 'zod'
import { isClockRunning, writeClock } from '../clock.ts'
import type { World } from '../world/types.ts'
import { body, ControlRefusal } from './body.ts'

const YEAR_MS = 366 * 86_400_000

const ClockMove = z.union([
  z.strictObject({ byMs: z.number().int().min(-YEAR_MS).max(YEAR_MS) }),
  z.strictObject({ to: z.literal('now') }),
])

/**
 * `GET`: the sandbox's time, unix milliseconds. `POST`: on or back by so many milliseconds, or to the real time, for the
 * sandbox and for the app, when both follow one CLOCK_FILE.
 * @param file see createSandboxClock; without it the time is the host's and stays
 */
export function clockRoutes(world: World, file: string | undefined): Hono {
  const state = () => ({ now: world.now(), realNow: Date.now(), isMovable: file !== undefined })
  return new Hono()
    .get('/', context => context.json(state()))
    .post('/', async context => {
      const move = await body(context, ClockMove)
      if (!file) throw new ControlRefusal(422, '这个沙盒用的是真实时间，要设 CLOCK_FILE 才能拨')
      if ('to' in move) writeClock(file, Date.now(), true)
      else writeClock(file, world.now() + move.byMs, isClockRunning(file))
      return context.json(state())
    })
}
