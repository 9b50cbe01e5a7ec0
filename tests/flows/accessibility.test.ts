import { afterAll, beforeAll, expect, it } from 'vitest'
import { cutWords, movements, violations } from '../support/pageChecks.ts'
import { createStage, openHouse, usualLook, type House } from '../support/stage.ts'
import type { State } from '../support/state.ts'
import { states } from '../support/states.ts'
import { createTestDb } from '../support/testDb.ts'

/** Two of them keep two cores busy. */
const LANES = 2

let house: House
beforeAll(async () => {
  house = await openHouse(createTestDb)
}, 180_000)
afterAll(() => house?.close())

/** In the usual look, in the dark without movement, and narrow with large text: the same page three times. */
async function faultsOf(stage: ReturnType<typeof createStage>, state: State): Promise<string[]> {
  const shown = await stage.show(state)
  const { page } = shown
  const faults = await violations(page)
  // What an act brings counts as its doing for half a second only, which a busy machine exceeds: the gallery looks at those.
  if (!state.act) faults.push(...(await shown.jumps()))
  await shown.wear({ ...usualLook, theme: 'dark', isStill: true })
  faults.push(...(await violations(page, ['color-contrast'])).map(line => `dark ${line}`))
  faults.push(...(await movements(page)))
  await shown.wear({ ...usualLook, width: 300, text: 125 })
  faults.push(...(await cutWords(page)), ...shown.trouble)
  await shown.close()
  return faults.map(fault => `${state.name}: ${fault}`)
}

it('no page or state is one that axe objects to, in either theme, nor jumps, complains, moves or cuts its words', async () => {
  const found: string[] = []
  const left = states.values()
  const lane = async () => {
    const stage = createStage(house.browser, house.product)
    for (const state of left)
      found.push(
        ...(await faultsOf(stage, state).catch((error: unknown) => [
          error instanceof Error ? error.message : String(error),
        ])),
      )
    await stage.close()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  expect(found).toEqual([])
}, 600_000)
