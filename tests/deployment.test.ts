import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUNDLE } from '../server/bundle.js'
import { ConfigError, readConfig, settingNames } from '../server/config.ts'
import { WecomError } from '../server/wecom/errors.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** What `readConfig` cannot do without. */
function requiredSettings(): string[] {
  try {
    readConfig({})
  } catch (error) {
    if (error instanceof ConfigError) return error.lines.map(line => line.split('：')[0] ?? '')
    throw error
  }
  return []
}

describe('the Dockerfile', () => {
  const steps = read('Dockerfile')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter(line => /^[A-Z]+ /.test(line))
  const last = steps.slice(steps.map(line => line.startsWith('FROM ')).lastIndexOf(true))
  const copied = (lines: string[]) =>
    lines
      .filter(line => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap(line => line.split(/\s+/).slice(1, -1))

  it('copies what is there, and only what .dockerignore lets in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter(line => line.startsWith('!'))
      .map(line => line.slice(1))
    for (const source of copied(steps)) {
      expect(existsSync(join(root, source)), source).toBe(true)
      expect(
        allowed.some(path => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true)
    }
    expect(read('.dockerignore').split('\n')).toContain('*')
  })

  it('takes along every room the server imports from', () => {
    const rooms = new Set(
      (readdirSync(join(root, 'server'), { recursive: true }) as string[])
        .filter(file => file.endsWith('.ts'))
        .map(file => join(root, 'server', file))
        .flatMap(file =>
          [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(
            ([, target = '']) => relative(root, resolve(dirname(file), target)).split('/')[0],
          ),
        ),
    )
    expect(rooms).toContain('shared')
    for (const room of rooms) expect(copied(last)).toContain(room)
  })

  it('brings the server’s bundle and everything that says whether it is fresh', () => {
    const brought = last.flatMap(line => /^COPY --from=build \/app\/(\S+) \1$/.exec(line)?.[1] ?? [])
    expect(brought).toEqual(['web/dist', dirname(BUNDLE)])
    expect(copied(last)).toContain('package-lock.json')
    for (const built of brought) expect(read('.dockerignore').split('\n')).toContain(built)
  })

  it('runs as an ordinary user in production, node itself hearing the signals', () => {
    expect(last.findIndex(line => line === 'USER node')).toBeGreaterThan(0)
    expect(last.some(line => /^ENV .*NODE_ENV=production/.test(line))).toBe(true)
    const asNpmStart = (JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts.start
    expect(last.at(-1)).toBe(`CMD ${JSON.stringify(asNpmStart.split(' ')).replaceAll(',', ', ')}`)
    for (const line of steps.filter(each => each.includes('CMD')))
      expect(JSON.parse(line.slice(line.indexOf('['))), line).toContain('node')
  })

  it('sets only what the server reads, and no secret', () => {
    const set = steps.filter(line => line.startsWith('ENV ')).flatMap(line => line.slice(4).split(' '))
    for (const pair of set) {
      const name = pair.split('=')[0]
      expect(settingNames).toContain(name)
      expect(name).not.toMatch(/SECRET|TOKEN|KEY|PASSWORD/)
    }
  })
})

describe('compose.yaml', () => {
  const text = read('compose.yaml')
  const environment = [...text.matchAll(/^ {6}([A-Z_]+): (.+)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }))

  it('hands on settings the server knows, the required ones all of them', () => {
    const ours = environment.filter(({ name }) => !name.startsWith('POSTGRES_')).map(({ name }) => name)
    for (const name of ours) expect(settingNames).toContain(name)
    for (const name of requiredSettings()) expect(ours).toContain(name)
  })

  it('P8 has no secret of its own: what is missing is named before anything starts', () => {
    for (const name of [...requiredSettings(), 'POSTGRES_PASSWORD'])
      expect(environment.find(each => each.name === name)?.value).toContain(`\${${name}:?`)
    for (const [, name = '', fallback = ''] of text.matchAll(/\$\{(\w+):-([^}]*)\}/g))
      if (/SECRET|TOKEN|KEY|PASSWORD/.test(name)) expect([name, fallback]).toEqual([name, ''])
  })

  it('lets nobody but this machine reach the app, and nobody the database', () => {
    const published = [...text.matchAll(/^ {6}- '([^']*:\d+)'$/gm)].map(([, port]) => port)
    expect(published).toEqual(['127.0.0.1:${PORT:-8787}:8787'])
  })

  it('finds everything it asks for in .env.example', () => {
    const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name))
    for (const name of asked) expect(read('.env.example')).toContain(`\n${name}=`)
  })
})

describe('.env.example', () => {
  const lines = [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)]

  it('lists every required setting, knows no other than the server, and holds no value', () => {
    const names = lines.map(([, name]) => name)
    for (const name of requiredSettings()) expect(names).toContain(name)
    for (const name of names) expect([...settingNames, 'POSTGRES_PASSWORD']).toContain(name)
    for (const [, name, value] of lines) expect([name, value]).toEqual([name, ''])
  })
})

describe('P8 npm start', () => {
  const start = (env: Record<string, string>) =>
    spawnSync(process.execPath, [join(root, 'server/start.js')], {
      env: {
        PATH: process.env.PATH ?? '',
        PUBLIC_URL: 'http://127.0.0.1:20000',
        SESSION_SECRET: 'sandbox-only-session-secret-not-a-real-one',
        WECOM_CORP_ID: 'ww_start',
        WECOM_AGENT_ID: '1',
        WECOM_APP_SECRET: 'changeme',
        WEB_DIR: join(root, 'no-such-folder'),
        ...env,
      },
      encoding: 'utf8',
    })

  it('is production without being told', () => {
    expect(JSON.parse(read('package.json')).scripts.start).toMatch(/^node .*server\/start\.js$/)
    const { status, stderr } = start({})
    expect(status).toBe(1)
    for (const name of ['SESSION_SECRET', 'WECOM_APP_SECRET', 'PUBLIC_URL']) expect(stderr).toContain(name)
  }, 30_000)

  it('is what NODE_ENV says, when it says something', () => {
    const { stderr } = start({ NODE_ENV: 'development' })
    expect(stderr).not.toContain('SESSION_SECRET')
    expect(stderr).toContain('npm run build')
  }, 30_000)
})

describe('docs/deploy-wecom.md', () => {
  const guide = read('docs/deploy-wecom.md')

  it('explains every error code for which somebody has to put something right', () => {
    const table = [...guide.matchAll(/^\| *([\d、 ]+?) *\|/gm)].flatMap(([, codes = '']) =>
      codes.split(/[、 ]+/),
    )
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    const stopping: number[] = []
    for (let errcode = 1; errcode < 1_000_000; errcode++)
      if (new WecomError('', { errcode }).retry === 'stop') stopping.push(errcode)
    Error.stackTraceLimit = limit
    expect(stopping.length).toBeGreaterThan(5)
    for (const errcode of stopping) expect(table).toContain(String(errcode))
  })

  it('names only settings and commands that exist', () => {
    const named = new Set(
      [...guide.matchAll(/\b((?:WECOM|SESSION|PUBLIC|DATABASE|DATA|ADMIN|CORP|LOG)_[A-Z_]+)\b/g)].map(
        ([, name]) => name,
      ),
    )
    expect(named.size).toBeGreaterThan(5)
    for (const name of named) expect(settingNames).toContain(name)
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const [, command = ''] of guide.matchAll(/\bnpm run (\w+)/g))
      expect(Object.keys(scripts)).toContain(command)
  })

  it('links only to files of the project', () => {
    for (const [, target = ''] of guide.matchAll(/\]\(((?!https?:)[^)#]+)/g))
      expect(existsSync(join(root, 'docs', target)), target).toBe(true)
  })
})
