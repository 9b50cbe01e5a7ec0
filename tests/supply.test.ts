import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isAllowed, NOTICES_FILE, noticesText } from '../scripts/noticesText.ts'
import { shippedPackages } from '../scripts/shipped.ts'

const root = join(import.meta.dirname, '..')
const readJson = (path: string) =>
  JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>
interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  hasInstallScript?: boolean
}
const lock = readJson('package-lock.json') as { packages: Record<string, Locked> }
const own = readJson('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>> & {
  allowScripts: Record<string, boolean>
}
const locked = Object.entries(lock.packages).filter(([path]) => path !== '')

describe('what is installed', () => {
  it('is pinned: exact versions, each with its hash, from the one registry', () => {
    for (const [name, version] of Object.entries({ ...own.dependencies, ...own.devDependencies }))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)])
    expect(
      locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([])
    expect(
      locked.filter(([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/')),
    ).toEqual([])
  })

  it('runs a script of its own only where that was allowed', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
    const allowed = Object.entries(own.allowScripts).filter(([, isAllowed]) => isAllowed)
    expect(scripted.sort()).toEqual(allowed.map(([name]) => name).sort())
  })
})

describe('what is shipped', () => {
  const shipped = shippedPackages()
  const names = shipped.map(({ name }) => name)

  it('is what the server runs and the page imports, with everything those need', () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(own.dependencies)))
    expect(names).toEqual(
      expect.arrayContaining(['vue', '@vue/runtime-dom', 'vant', 'axios', 'zrender', '@wecom/jssdk']),
    )
    for (const tool of ['vitest', 'eslint', 'playwright-core', '@wecom/crypto'])
      expect(names).not.toContain(tool)
  })

  it('stands under licences that allow it', () => {
    expect(shipped.filter(({ license }) => !isAllowed(license))).toEqual([])
    for (const [license, expected] of [
      ['GPL-3.0', false],
      ['', false],
      ['MIT AND GPL-3.0', false],
      ['(MIT OR GPL-3.0)', true],
    ] as const)
      expect([license, isAllowed(license)]).toEqual([license, expected])
  })

  it('has its notices in one file, which is up to date (npm run notices)', () => {
    expect(readFileSync(join(root, NOTICES_FILE), 'utf8') === noticesText().text).toBe(true)
  })

  it('is listed with hashes and licences by npm run sbom', () => {
    const folder = mkdtempSync(join(tmpdir(), 'guidebar-sbom-'))
    const file = join(folder, 'sbom.json')
    const { status, stderr } = spawnSync(process.execPath, ['scripts/sbom.ts', file], {
      cwd: root,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
    const sbom = JSON.parse(readFileSync(file, 'utf8')) as {
      bomFormat: string
      metadata: { component: { name: string } }
      components: { name: string; version: string; hashes?: object[]; licenses?: object[]; purl: string }[]
    }
    rmSync(folder, { recursive: true })
    expect([sbom.bomFormat, sbom.metadata.component.name]).toEqual(['CycloneDX', 'guidebar'])
    const named = (each: { name: string; version: string }) => `${each.name}@${each.version}`
    expect(new Set(sbom.components.map(named))).toEqual(new Set(shipped.map(named)))
    for (const { name, hashes, licenses, purl } of sbom.components)
      expect([name, hashes?.length, licenses?.length, purl.startsWith('pkg:npm/')]).toEqual([
        name,
        1,
        1,
        true,
      ])
  })
})
