import { expect, it } from 'vitest'
import { createSandbox } from '../../sandbox/app.ts'
import { readSandboxConfig } from '../../sandbox/config.ts'

const opened = async (address: string, env: Record<string, string>) => {
  const { app } = createSandbox({ config: readSandboxConfig(env), now: () => Date.now() })
  const { status, headers } = await app.request(address)
  return [status, headers.get('location')]
}
const told = { PUBLIC_URL: 'http://127.0.0.1:8788' }

it('a window opened as localhost goes on under the name that was told, where sign-in comes back to', async () => {
  expect(await opened('http://localhost:8788/?user=chenlu&entry=chat', told)).toEqual([
    302,
    'http://127.0.0.1:8788/?user=chenlu&entry=chat',
  ])
})

it.each([
  ['http://127.0.0.1:8788/', told],
  ['http://localhost:8788/', {}],
  ['http://localhost:8788/', { PUBLIC_URL: 'http://localhost:8788' }],
  // Another port leads here from elsewhere, where the address that was told may not be reached.
  ['http://localhost:9000/', told],
])(
  '%s stays where it is with %j',
  async (address, env) => {
    expect(await opened(address, env)).toEqual([200, null])
  },
  60_000,
)
