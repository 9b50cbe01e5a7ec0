/** `npm run notices`: writes THIRD-PARTY-NOTICES.md, whose work is in the product and under which terms. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './requireNode.ts'
import { NOTICES_FILE, noticesText } from './noticesText.ts'

requireNode()
const { text, count } = noticesText()
writeFileSync(join(import.meta.dirname, '..', NOTICES_FILE), text)
console.log(`${NOTICES_FILE}：${count} 个软件包`)
