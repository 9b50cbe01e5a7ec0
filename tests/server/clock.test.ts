import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClock, systemClock } from '../../server/clock.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-clock-'))
  file = join(folder, 'now')
})
afterEach(() => rm(folder, { recursive: true }))

describe('the system clock', () => {
  it('is the default', () => {
    expect(Math.abs(createClock().now().getTime() - Date.now())).toBeLessThan(1_000)
    expect(Math.abs(systemClock().now().getTime() - Date.now())).toBeLessThan(1_000)
  })
})

describe('a clock told by a file', () => {
  it('stands still at its instant', async () => {
    await writeFile(file, '2026-11-21T10:20:00+08:00\n')
    const clock = createClock(file)
    expect(clock.now()).toEqual(new Date('2026-11-21T02:20:00Z'))
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(clock.now()).toEqual(new Date('2026-11-21T02:20:00Z'))
  })

  it.each([
    '2026-11-21T02:20:00Z+running',
    '2026-11-21T02:20:00Z +running\n',
    '2026-11-21T10:20:00+08:00+running',
  ])('runs from the moment the file was written: %j', async text => {
    await writeFile(file, text)
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await utimes(file, anHourAgo, anHourAgo)
    const passed = createClock(file).now().getTime() - Date.parse('2026-11-21T02:20:00Z')
    expect(passed).toBeGreaterThanOrEqual(3_600_000)
    expect(passed).toBeLessThan(3_605_000)
  })

  it('tells the civil day of a zone, not of the host', async () => {
    await writeFile(file, '2026-11-20T16:30:00Z')
    const clock = createClock(file)
    expect(clock.today('Asia/Shanghai')).toBe('2026-11-21')
    expect(clock.today('America/New_York')).toBe('2026-11-20')
  })

  it('follows the file when it changes', async () => {
    await writeFile(file, '2026-11-21T02:20:00Z')
    const clock = createClock(file)
    await writeFile(file, '2027-02-06T00:00:00Z')
    await vi.waitUntil(() => clock.now().getFullYear() === 2027, { timeout: 2_000 })
    expect(clock.now()).toEqual(new Date('2027-02-06T00:00:00Z'))
  })

  it.each(['', 'tomorrow', '2026-13-40T00:00:00Z', '2026-11-21T02:20:00'])(
    'keeps the last good time and warns when the file says %j',
    async text => {
      await writeFile(file, '2026-11-21T02:20:00Z')
      const warn = vi.fn()
      const clock = createClock(file, { warn })
      await writeFile(file, text)
      await vi.waitUntil(() => clock.now() && warn.mock.calls.length > 0, { timeout: 2_000 })
      expect(clock.now()).toEqual(new Date('2026-11-21T02:20:00Z'))
      expect(warn).toHaveBeenCalledOnce()
    },
  )

  it('keeps the last good time while the file is away, and follows it when it is back', async () => {
    await writeFile(file, '2026-11-21T02:20:00Z')
    const warn = vi.fn()
    const clock = createClock(file, { warn })
    await rm(file)
    await vi.waitUntil(() => clock.now() && warn.mock.calls.length > 0, { timeout: 2_000 })
    expect(clock.now()).toEqual(new Date('2026-11-21T02:20:00Z'))
    await writeFile(file, '2026-12-01T00:00:00Z')
    await vi.waitUntil(() => clock.now().getUTCMonth() === 11, { timeout: 2_000 })
  })

  it('refuses to start without a time', async () => {
    expect(() => createClock(file)).toThrow('CLOCK_FILE')
    await writeFile(file, 'soon')
    expect(() => createClock(file)).toThrow('CLOCK_FILE')
  })
})
