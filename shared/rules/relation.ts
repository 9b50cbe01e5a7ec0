/** What someone is to a customer. `other` is for what the list does not have; its own words then stand beside it. */
export type RelationCode = (typeof RELATIONS)[number]['code']

export interface Relation {
  code: string
  /** As the customer says it, and as chips show it. */
  label: string
  /** How a guide says it to the customer: `您妈妈` is cold, `阿姨` is not. */
  address: string
  /** Other words for the same relation, found by `findRelation`. */
  aliases: readonly string[]
  /** Whether it may well be a child: treated as a minor until a year of birth says otherwise. */
  isMinorByNature: boolean
}

/** In the order in which chips show them. */
export const RELATIONS = [
  { code: 'mother', label: '妈妈', address: '阿姨', aliases: ['母亲', '老妈', '妈'], isMinorByNature: false },
  { code: 'father', label: '爸爸', address: '叔叔', aliases: ['父亲', '老爸', '爸'], isMinorByNature: false },
  {
    code: 'spouse',
    label: '爱人',
    address: '您爱人',
    aliases: ['配偶', '对象', '另一半'],
    isMinorByNature: false,
  },
  { code: 'husband', label: '老公', address: '您先生', aliases: ['先生', '丈夫'], isMinorByNature: false },
  {
    code: 'wife',
    label: '老婆',
    address: '您太太',
    aliases: ['太太', '妻子', '媳妇'],
    isMinorByNature: false,
  },
  {
    code: 'child',
    label: '孩子',
    address: '宝贝',
    aliases: ['宝宝', '小孩', '小朋友', '娃'],
    isMinorByNature: true,
  },
  { code: 'son', label: '儿子', address: '您儿子', aliases: ['公子'], isMinorByNature: true },
  { code: 'daughter', label: '女儿', address: '您女儿', aliases: ['闺女', '千金'], isMinorByNature: true },
  { code: 'mother_of_husband', label: '婆婆', address: '阿姨', aliases: [], isMinorByNature: false },
  { code: 'father_of_husband', label: '公公', address: '叔叔', aliases: [], isMinorByNature: false },
  { code: 'mother_of_wife', label: '岳母', address: '阿姨', aliases: ['丈母娘'], isMinorByNature: false },
  {
    code: 'father_of_wife',
    label: '岳父',
    address: '叔叔',
    aliases: ['老丈人', '丈人'],
    isMinorByNature: false,
  },
  { code: 'older_sister', label: '姐姐', address: '您姐姐', aliases: ['姐'], isMinorByNature: false },
  { code: 'younger_sister', label: '妹妹', address: '您妹妹', aliases: ['妹'], isMinorByNature: false },
  { code: 'older_brother', label: '哥哥', address: '您哥哥', aliases: ['哥'], isMinorByNature: false },
  { code: 'younger_brother', label: '弟弟', address: '您弟弟', aliases: ['弟'], isMinorByNature: false },
  { code: 'grandmother', label: '奶奶', address: '奶奶', aliases: ['祖母'], isMinorByNature: false },
  { code: 'grandfather', label: '爷爷', address: '爷爷', aliases: ['祖父'], isMinorByNature: false },
  {
    code: 'maternal_grandmother',
    label: '外婆',
    address: '外婆',
    aliases: ['姥姥', '外祖母'],
    isMinorByNature: false,
  },
  {
    code: 'maternal_grandfather',
    label: '外公',
    address: '外公',
    aliases: ['姥爷', '外祖父'],
    isMinorByNature: false,
  },
  { code: 'grandson', label: '孙子', address: '小孙子', aliases: ['外孙'], isMinorByNature: true },
  { code: 'granddaughter', label: '孙女', address: '小孙女', aliases: ['外孙女'], isMinorByNature: true },
  { code: 'nephew', label: '侄子', address: '小侄子', aliases: ['外甥'], isMinorByNature: true },
  { code: 'niece', label: '侄女', address: '小侄女', aliases: ['外甥女'], isMinorByNature: true },
  { code: 'daughter_in_law', label: '儿媳', address: '您儿媳', aliases: ['儿媳妇'], isMinorByNature: false },
  { code: 'son_in_law', label: '女婿', address: '您女婿', aliases: [], isMinorByNature: false },
  { code: 'girlfriend', label: '女朋友', address: '您女朋友', aliases: ['女友'], isMinorByNature: false },
  { code: 'boyfriend', label: '男朋友', address: '您男朋友', aliases: ['男友'], isMinorByNature: false },
  { code: 'best_friend', label: '闺蜜', address: '您闺蜜', aliases: [], isMinorByNature: false },
  { code: 'friend', label: '朋友', address: '您朋友', aliases: ['好友', '哥们'], isMinorByNature: false },
  { code: 'colleague', label: '同事', address: '您同事', aliases: ['领导'], isMinorByNature: false },
  { code: 'teacher', label: '老师', address: '您老师', aliases: [], isMinorByNature: false },
  { code: 'other', label: '其他', address: '您家人', aliases: ['家人', '亲戚'], isMinorByNature: false },
] as const satisfies readonly Relation[]

/** The chips of the first row of "add someone"; the others open behind `更多`. */
export const COMMON_RELATION_CODES = ['mother', 'father', 'spouse', 'mother_of_husband', 'child'] as const

const byCode: ReadonlyMap<string, Relation> = new Map(RELATIONS.map(relation => [relation.code, relation]))
const byWord: ReadonlyMap<string, Relation & { code: RelationCode }> = new Map(
  RELATIONS.flatMap(relation => [relation.label, ...relation.aliases].map(word => [word, relation] as const)),
)

export function isRelationCode(code: string): code is RelationCode {
  return byCode.has(code)
}

/** `妈妈`; the code itself never reaches a screen, an unknown one reads `其他`. */
export function relationLabel(code: string): string {
  return byCode.get(code)?.label ?? '其他'
}

/** The fact behind `{家人称呼}`. */
export function relationAddress(code: string): string {
  return byCode.get(code)?.address ?? '您家人'
}

/** Whether to treat the person as a minor while no year of birth is known; with one, the age decides (`ageOn`). */
export function isMinorByNature(code: string): boolean {
  return byCode.get(code)?.isMinorByNature ?? false
}

/** The relation somebody wrote in words (`丈母娘`), undefined when the list has none. */
export function findRelation(words: string): (Relation & { code: RelationCode }) | undefined {
  return byWord.get(words.trim())
}
