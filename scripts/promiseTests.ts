import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** What is promised, in a few words; the promise itself stands in the product's reliability page. */
export const PROMISES: Record<string, string> = {
  P1: '没有会话什么也看不到',
  P2: '只看得到自己范围里的，范围外和不存在一个样',
  P3: '范围只由会话决定，多余的字段不收',
  P4: '离职、停用、换店后十分钟内失效',
  P5: '登录一次一个授权码，state 随机、一次、绑浏览器',
  P6: '网址、日志、回答里没有会话、令牌和个人信息',
  P7: '只签自己的页面，Host 和 X-Forwarded-* 不作数',
  P8: '示例或空的密钥不能启动正式环境',
  P9: '券不超发',
  P10: '一张券只结束一次',
  P11: '同一个防重编号只生效一次',
  P12: '答应了的写入不丢',
  P13: '后写的不会悄悄盖掉先写的',
  P14: '给甲的不会发给乙',
  P15: '伪造的回调改不了什么，也问不出什么',
  P16: '每个真的事件生效一次',
  P17: '回调存好了才回答 200',
  P18: '企业微信慢或坏时照常工作，不说假话',
  P19: '令牌只刷新一次，新的不被旧的换掉',
  P20: '每个日子、每位导购一个提醒，在对的那一天',
  P21: '推送最多重复一次',
  P22: '数据库断了五秒内回答，恢复后自己接上',
  P23: '自带的数据库不怕被杀',
  P24: '磁盘满了不卡死',
  P25: '15 秒内停好、起好',
  P26: '200 位导购、百万客户，够快',
  P27: '默认打码，看全号要理由、有限次、有记录',
  P28: '孩子的资料要同意、受限、每次都记',
  P29: '本人的资料拿得到、删得掉、删了不回来',
  P30: '个人信息只去企业微信',
}

/** What the tests of a promise do not show, or what is excepted from it: said where the promise is listed. */
const NOTES: Record<string, string> = {
  P6: '例外：券的链接；按手机号找客户时号码在网址的 `q` 里，日志不记（[security.md](security.md) 缺口 9）。',
  P24: '这些测试要挂一块小磁盘，只有 root 挂得上：别的用户跑，它们会跳过。',
  P26: '没有一个测试量时间（忙的机器上会误报）。快慢由演练量：`npm run drill -- --minutes 10 --customers 1000000`；卡片最慢的那些由 `npm run bench S2` 量，量过没有看 [benchmarks.md](benchmarks.md)。',
}

export interface PromiseTest {
  promises: string[]
  file: string
  line: number
  name: string
}

export function findPromiseTests(): PromiseTest[] {
  const files = (readdirSync(join(ROOT, 'tests'), { recursive: true }) as string[])
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `tests/${file.replaceAll('\\', '/')}`)
    .sort()
  return files.flatMap(file => testsIn(file, readFileSync(join(ROOT, file), 'utf8')))
}

/** Tests, and groups of them, whose name begins with promises: `P12 …`, `P9, P10 …`. */
export function testsIn(file: string, text: string): PromiseTest[] {
  const lines = text.split('\n')
  return lines.flatMap((line, place) => {
    const found = /(?:^|[\s(])(['"`])((?:P\d{1,2}(?:\s*[,/、]\s*)?)+)\s(.*?)\1\s*,/.exec(line)
    if (!found) return []
    // The name stands behind the call, or, where the formatter has put it there, alone on the next line.
    const before = line.slice(0, found.index + 1).trim() || (lines[place - 1] ?? '').trim()
    if (!before.endsWith('(')) return []
    const promises = [...(found[2] ?? '').matchAll(/P\d{1,2}/g)].map(([name]) => name)
    return [{ promises, file, line: place + 1, name: found[3] ?? '' }]
  })
}

/** Promises that no test is named after. */
export const unkept = (tests: readonly PromiseTest[]): string[] =>
  Object.keys(PROMISES).filter(promise => !tests.some(test => test.promises.includes(promise)))

export function promisesText(tests: readonly PromiseTest[]): string {
  const parts = Object.entries(PROMISES).map(([promise, words]) => {
    const kept = tests.filter(test => test.promises.includes(promise))
    const lines = kept.map(({ file, name }) => `- [${file}](../${file}) ${name.replaceAll('|', '\\|')}`)
    const note = NOTES[promise] === undefined ? '' : `${NOTES[promise]}\n\n`
    return `## ${promise} ${words}\n\n${note}${lines.length > 0 ? lines.join('\n') : '**没有测试。**'}`
  })
  return `# 承诺和守着它们的测试

由 \`npm run promises\` 从测试的名字写成：名字以承诺的编号开头。这一页旧了、有承诺没有测试，\`npm test\` 都会红。

${parts.join('\n\n')}
`
}
