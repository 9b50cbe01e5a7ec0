import type { ScriptPart } from '../contract/scripts.ts'
import {
  isScriptVariable,
  parse,
  SCRIPT_VARIABLES,
  unknownVariables,
  type ScriptVariableName,
} from './fillScript.ts'

export interface ScriptTrouble {
  /** `parts.0.text` */
  path: string
  code: 'unknownVariable' | 'openBrace' | 'variableOutsideText' | 'blank'
  message: string
}

/** How many signs have to be changed, added or dropped to come from one word to the other. */
function distance(from: string, to: string): number {
  const there = [...to]
  let before = there.map((_, index) => index + 1)
  before.unshift(0)
  for (const [row, sign] of [...from].entries()) {
    const next = [row + 1]
    for (const [column, other] of there.entries()) {
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (before[column + 1] ?? 0) + 1,
          (before[column] ?? 0) + (sign === other ? 0 : 1),
        ),
      )
    }
    before = next
  }
  return before[there.length] ?? 0
}

/** What people call it who have not seen our names. */
const usualNames: Readonly<Record<string, readonly string[]>> = {
  称呼: ['名字', '姓名', '昵称', '姓氏', '客户', '顾客', '会员', '客户名', '客户名字', '客户姓名', '客户昵称', '客户称呼', '顾客姓名', '顾客称呼', '备注名'],
  会员等级: ['等级', '会员卡', '会员级别', '级别'],
  上次购买: ['商品', '商品名', '商品名称', '产品', '款式', '购买商品'],
  上次购买日子: ['购买日期', '购买时间', '购买日'],
  家人称呼: ['家人', '家人名字', '家人姓名', '亲友'],
  家人关系: ['关系'],
  日子: ['生日', '日期', '生日日期', '纪念日', '几月几日'],
  农历日子: ['农历', '农历生日', '农历日期', '阴历'],
  还有几天: ['倒计时', '天数', '剩余天数'],
  周年: ['年数', '几周年', '第几年'],
  戒圈: ['戒圈号', '圈号', '戒指尺寸', '指圈'],
  手围: ['手镯尺寸', '手寸'],
  导购姓名: ['导购', '导购名', '导购名字', '导购员', '店员', '员工', '员工姓名', '我的名字', '顾问', '销售'],
  门店: ['店', '店名', '店铺', '门店名', '门店名称', '店铺名称'],
  门店地址: ['地址', '店址', '店铺地址', '位置'],
  营业时间: ['时间', '开门时间', '上班时间'],
  门店电话: ['电话', '联系电话', '店铺电话', '手机号', '手机'],
  优惠券名: ['优惠券', '券', '券名', '优惠'],
  优惠券到期: ['到期日', '有效期', '到期', '到期时间', '券到期'],
} satisfies Partial<Record<ScriptVariableName, readonly string[]>> // prettier-ignore
const usual = new Map(
  Object.entries(usualNames).flatMap(([known, names]) => names.map(name => [name, known] as const)),
)

/** The variable somebody probably meant; undefined when none is near: a wrong guess is worse than none. */
export function meantVariable(name: string): string | undefined {
  const called = usual.get(name)
  if (called !== undefined) return called
  let best: { name: string; away: number } | undefined
  for (const known of Object.keys(SCRIPT_VARIABLES)) {
    const away = distance(name, known)
    const shares = [...name].some(sign => known.includes(sign))
    if (shares && away * 2 <= Math.max(name.length, known.length) && (!best || away < best.away))
      best = { name: known, away }
  }
  return best?.name
}

const unknownWords = (name: string): string => {
  const meant = meantVariable(name)
  return `没有「${name}」这个变量${meant ? `，是不是「${meant}」？` : ''}`
}

/** A brace that belongs to no variable would reach the customer as it is. */
const hasOpenBrace = (text: string): boolean =>
  parse(text).some(piece => piece.kind === 'text' && /[{}]/.test(piece.text))

const fixedTexts = (part: ScriptPart): [field: string, text: string][] => {
  if (part.kind === 'news')
    return [
      ['title', part.title],
      ['description', part.description],
    ]
  return part.kind === 'miniprogram' ? [['title', part.title]] : []
}

/** Why these parts cannot be kept, in words for who writes them; empty when they can. */
export function scriptTroubles(parts: readonly ScriptPart[]): ScriptTrouble[] {
  return parts.flatMap((part, index): ScriptTrouble[] => {
    const at = (field: string) => `parts.${index}.${field}`
    if (part.kind === 'text') {
      const path = at('text')
      if (part.text.trim() === '') return [{ path, code: 'blank', message: '这一条还没有字' }]
      return [
        ...unknownVariables(part.text).map((name): ScriptTrouble => ({
          path,
          code: 'unknownVariable',
          message: unknownWords(name),
        })),
        ...(hasOpenBrace(part.text)
          ? [{ path, code: 'openBrace' as const, message: '花括号没有成对，客户会看到它' }]
          : []),
      ]
    }
    return fixedTexts(part).flatMap(([field, text]) =>
      /[{}]/.test(text)
        ? [
            {
              path: at(field),
              code: 'variableOutsideText' as const,
              message: '卡片里的字发出去不会换，不能写变量',
            },
          ]
        : [],
    )
  })
}

/** Variables that stop the send when they are not known, over all texts, each once. */
export function stoppingVariables(parts: readonly ScriptPart[]): string[] {
  const names = parts.flatMap(part =>
    part.kind === 'text'
      ? parse(part.text).flatMap(piece =>
          piece.kind === 'variable' && piece.fallback === undefined && isScriptVariable(piece.name)
            ? [piece.name]
            : [],
        )
      : [],
  )
  return [...new Set(names)]
}
