/**
 * `npm run promises`: writes docs/promises.md, for each promise P1–P30 of design/reliability.md the tests that are named after it, and
 * ends with 1 when one has none.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisesText, unkept, type PromiseTest, findPromiseTests } from './promiseTests.ts'
import { requireNode } from './requireNode.ts'

requireNode()
const tests: PromiseTest[] = findPromiseTests()
writeFileSync(join(import.meta.dirname, '../docs/promises.md'), promisesText(tests))
const missing = unkept(tests)
console.log(`docs/promises.md：${tests.length} 个测试，${30 - missing.length} 条承诺`)
if (missing.length > 0) {
  console.error(`没有测试的承诺：${missing.join('、')}`)
  process.exit(1)
}
