/**
 * `npm run sbom [file]`: what the product is made of, as CycloneDX (default `sbom.cdx.json`). npm lists everything in the lockfile
 * with hashes and licences; kept is what is shipped, that is also the page's packages, which npm takes for development only.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { requireNode } from './requireNode.ts'
import { shippedPackages } from './shipped.ts'

interface Sbom {
  metadata: { component: { name: string; type: string } }
  components: { 'bom-ref': string; name: string; version: string; scope?: string }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

requireNode()
const root = join(import.meta.dirname, '..')
const file = process.argv[2] ?? 'sbom.cdx.json'
const { status, stdout, stderr } = spawnSync(
  'npm',
  ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'],
  {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  },
)
if (status !== 0) {
  console.error(stderr)
  process.exit(1)
}
const sbom = JSON.parse(stdout) as Sbom
const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string }
// npm takes the folder's name.
Object.assign(sbom.metadata.component, { name, type: 'application' })
const shipped = new Set(shippedPackages().map(each => `${each.name}@${each.version}`))
const isShipped = (each: { name: string; version: string }) => shipped.has(`${each.name}@${each.version}`)
sbom.components = sbom.components.filter(isShipped).map(each => ({ ...each, scope: 'required' }))
const refs = new Set(sbom.components.map(each => each['bom-ref']))
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => refs.has(ref) || ref.startsWith(`${name}@`))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(each => refs.has(each)) }))
writeFileSync(resolve(root, file), `${JSON.stringify(sbom, null, 2)}\n`)
console.log(`${file}：${sbom.components.length} 个组件`)
