import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createSandboxClock } from '../../sandbox/clock.ts'
import { readSandboxConfig } from '../../sandbox/config.ts'
import { controlRoutes } from '../../sandbox/control/control.ts'
import { demoEnvironment, startDemoClock } from '../../scripts/demoEnvironment.ts'
import { createClock } from '../../server/clock.ts'
import { createTestSandbox } from './testSandbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandbox-clock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const instant = Date.parse('2027-02-05T09:00:00+08:00')

/** Writes the file as if `ageMs` ago. */
function write(name: string, text: string, ageMs = 0): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  const at = new Date(Date.now() - ageMs)
  utimesSync(file, at, at)
  return file
}

describe('the clock', () => {
  it('stands still at the instant of its file and follows when it is rewritten', () => {
    const now = createSandboxClock(write('still', '2027-02-05T09:00:00+08:00\n', 5000))
    expect(now()).toBe(instant)
    write('still', '2027-02-06T09:00:00+08:00', 1000)
    expect(now()).toBe(instant + 86_400_000)
  })

  it.each(['2027-02-05T09:00:00+08:00+running', '2027-02-05T01:00:00Z +running\n'])(
    'runs on with %j',
    text => {
      const now = createSandboxClock(write('running', text, 60_000))
      expect(now() - instant).toBeGreaterThanOrEqual(60_000)
      expect(now() - instant).toBeLessThan(70_000)
    },
  )

  it('keeps the last reading while the file is half-written', () => {
    const now = createSandboxClock(write('half', '2027-02-05T09:00:00+08:00', 5000))
    write('half', '', 1000)
    expect(now()).toBe(instant)
  })

  it('refuses to start with a file that tells no time', () => {
    expect(() => createSandboxClock(write('bad', 'tomorrow'))).toThrow('no ISO 8601 instant')
  })

  it('is the real one without a file', () => {
    expect(Math.abs(createSandboxClock()() - Date.now())).toBeLessThan(1000)
  })
})

describe('moving the clock', () => {
  const control = (file?: string) => {
    const { world } = createTestSandbox('http://app.test', createSandboxClock(file))
    const routes = controlRoutes(world, undefined, file)
    const move = async (wanted: object) => {
      const answer = await routes.request('/clock', { method: 'POST', body: JSON.stringify(wanted) })
      return { status: answer.status, ...((await answer.json()) as { now: number; message?: string }) }
    }
    return { world, move }
  }

  it('takes sandbox and product along, and leaves a standing clock standing', async () => {
    const file = write('both', '2027-02-05T09:00:00+08:00', 60_000)
    const product = createClock(file)
    const { world, move } = control(file)
    expect(await move({ byMs: 86_400_000 })).toMatchObject({ status: 200, now: instant + 86_400_000 })
    expect(world.now()).toBe(instant + 86_400_000)
    await expect.poll(() => product.now().getTime()).toBe(instant + 86_400_000)
    expect(readFileSync(file, 'utf8')).not.toContain('running')
  })

  it('comes back to the real time, running', async () => {
    const file = write('back', '2027-02-05T09:00:00+08:00', 60_000)
    const { move } = control(file)
    const { now } = await move({ to: 'now' })
    expect(Math.abs(now - Date.now())).toBeLessThan(5000)
    expect(readFileSync(file, 'utf8')).toContain('+running')
  })

  it('is refused where the time is the real one', async () => {
    expect(await control().move({ byMs: 1 })).toMatchObject({
      status: 422,
      message: expect.stringContaining('CLOCK_FILE'),
    })
  })

  it('starts in the demo as the real running time, for both sides', () => {
    const demo = demoEnvironment({ DATA_DIR: join(folder, 'demo') })
    startDemoClock({}, demo)
    const product = createClock(demo.CLOCK_FILE)
    const sandbox = createSandboxClock(demo.CLOCK_FILE)
    expect(Math.abs(product.now().getTime() - Date.now())).toBeLessThan(5000)
    expect(Math.abs(sandbox() - Date.now())).toBeLessThan(5000)
  })

  it('is left alone in the demo when somebody has named a file', () => {
    const own = write('own', '2027-02-05T09:00:00+08:00')
    const env = { CLOCK_FILE: own, DATA_DIR: join(folder, 'other') }
    startDemoClock(env, demoEnvironment(env))
    expect(createSandboxClock(own)()).toBe(instant)
  })
})

describe('the settings', () => {
  it('have defaults that run a demo', () => {
    expect(readSandboxConfig({ HOST: '' })).toEqual({
      host: '127.0.0.1',
      port: 8788,
      appUrl: 'http://127.0.0.1:8787',
      corp: {
        corpId: 'ww5a9db0xguidebar01',
        name: '金禾珠宝',
        agentId: 1_000_002,
        secret: 'sandbox-secret-not-a-real-one',
        trustedDomains: ['127.0.0.1:8788', 'localhost:8788'],
      },
      clockFile: undefined,
    })
  })

  it('name every malformed variable at once', () => {
    const read = () =>
      readSandboxConfig({ SANDBOX_PORT: 'x', SANDBOX_APP_URL: 'nowhere', WECOM_AGENT_ID: '-1' })
    expect(read).toThrow(/SANDBOX_PORT[\s\S]*SANDBOX_APP_URL[\s\S]*WECOM_AGENT_ID/)
  })

  it('trust further domains by name', () => {
    const { corp } = readSandboxConfig({ SANDBOX_TRUSTED_DOMAINS: 'a.test, b.test:81', SANDBOX_PORT: '80' })
    expect(corp.trustedDomains).toEqual(['127.0.0.1', 'localhost', 'a.test', 'b.test:81'])
  })
})
