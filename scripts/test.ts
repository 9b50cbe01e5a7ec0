/** `npm test`: types, lint and every test project, the real browser included. Stops at the first stage that fails. */
import { spawnSync } from 'node:child_process'
import { requireNode } from './requireNode.ts'

requireNode()
const stages: [string, string[]][] = [
  ['types', ['vue-tsc', '--noEmit']],
  ['eslint', ['eslint', '.']],
  ['prettier', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['tests', ['vitest', 'run', ...process.argv.slice(2)]],
]
for (const [name, [command = '', ...args]] of stages) {
  console.log(`\n— ${name}`)
  const started = Date.now()
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`\n${name}: not passed`)
    process.exit(status ?? 1)
  }
  console.log(`${name}: passed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}
