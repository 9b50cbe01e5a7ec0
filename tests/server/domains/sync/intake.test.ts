import { describe, expect, it } from 'vitest'
import type { Db } from '../../../../server/db/db.ts'
import type { CallbackEvent } from '../../../../server/domains/sync/callbackEvent.ts'
import { createIntake, type IntakeDeps } from '../../../../server/domains/sync/intake.ts'
import { fixedClock } from '../../../support/fixedClock.ts'

/** A database that writes only when told to. */
function heldIntake() {
  let open: () => void = () => undefined
  const gate = new Promise<void>(resolve => (open = resolve))
  const db = { transaction: () => gate } as unknown as Db
  const parts = { corpId: 1, clock: fixedClock(), sealing: { seal: (text: string) => Buffer.from(text) } }
  const intake = createIntake({ db, ...parts } as unknown as IntakeDeps)
  const arrive = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, nth) => intake.take({} as CallbackEvent, `${nth}`)))
  return { intake, arrive, open: () => open() }
}

describe('a crowd at the door', () => {
  it('P17 is let in before the work on what has come goes on', async () => {
    const { intake, arrive, open } = heldIntake()
    const order: string[] = []
    const crowd = arrive(20).then(() => order.push('let in'))
    const work = intake.afterCrowd().then(() => order.push('worked'))
    open()
    await Promise.all([crowd, work])
    expect(order).toEqual(['let in', 'worked'])
  })

  it('holds the work up for a second at the most', async () => {
    const { intake, arrive, open } = heldIntake()
    const crowd = arrive(20)
    await intake.afterCrowd()
    open()
    await crowd
  })

  it('is none of a few: the work goes on', async () => {
    const { intake, arrive, open } = heldIntake()
    const order: string[] = []
    const few = arrive(3).then(() => order.push('let in'))
    await intake.afterCrowd()
    order.push('worked')
    open()
    await few
    expect(order).toEqual(['worked', 'let in'])
  })
})
