import type { Random } from './random.ts'

/** Invented people. Any likeness to a real person is chance. */
const surnames = [
  ...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文',
]
const womenGiven =
  '婷 雪 静 丽 芳 娟 敏 燕 玲 莉 颖 蕾 倩 晶 洁 琳 慧 欣 怡 悦 婉婷 雨桐 思雨 梦琪 佳怡 诗涵 晓燕 丽华 玉兰 秀英 桂芳 淑珍 春梅 海燕 文静 雅琴 美玲 若曦 子萱 梓涵 语嫣 可欣 晓彤 紫薇 心怡 静雯 曼丽 凤霞 爱华 红梅 佩珊 书瑶 清扬 念慈 云舒 知夏'.split(
    ' ',
  )
const menGiven =
  '伟 强 磊 军 洋 勇 涛 超 鹏 斌 浩 宇 志强 建国 建军 文博 子轩 浩然 俊杰 天宇 明辉 海涛 国栋 立新 永康 家豪 宏伟 少华 嘉诚 一凡 景行 世杰 思远 振宇 德明 卫东'.split(
    ' ',
  )

/** The gender a customer states in WeChat: 0 unknown, 1 man, 2 woman. */
export interface InventedName {
  name: string
  gender: 0 | 1 | 2
}

export function inventName(random: Random): InventedName {
  const isWoman = random.chance(0.72)
  const name = random.pick(surnames) + random.pick(isWoman ? womenGiven : menGiven)
  return { name, gender: random.chance(0.15) ? 0 : isWoman ? 2 : 1 }
}

const compoundSurnames = new Set(['欧阳', '司马', '上官', '诸葛', '皇甫', '令狐', '尉迟', '陈林'])

/** Looks Chinese but has no surname in front. */
const undivided = new Set(['卓玛央金', '乌日娜', '巴特尔', '龘龘'])

/** The surname of a plain Chinese name (two to four Han characters); undefined for every other shape. */
export function surnameOf(name: string): string | undefined {
  const characters = [...name]
  if (undivided.has(name)) return undefined
  if (characters.length < 2 || characters.length > 4 || !/^\p{Script=Han}+$/u.test(name)) return undefined
  const two = characters.slice(0, 2).join('')
  return compoundSurnames.has(two) ? two : characters[0]
}

/** Names of every shape a guide's list really holds; each occurs once. */
export const unusualNames: InventedName[] = [
  // compound surnames and four characters
  { name: '欧阳静好', gender: 2 },
  { name: '司马青', gender: 1 },
  { name: '上官云锦', gender: 2 },
  { name: '诸葛清源', gender: 1 },
  { name: '皇甫静怡', gender: 2 },
  { name: '令狐晓月', gender: 2 },
  { name: '陈林若溪', gender: 2 },
  { name: '尉迟风', gender: 1 },
  // characters outside the usual fonts, one of them outside the basic plane
  { name: '刘䶮', gender: 1 },
  { name: '王𠮷祥', gender: 1 },
  { name: '赵堃淼', gender: 1 },
  { name: '孙喆犇', gender: 1 },
  { name: '朱㛃', gender: 2 },
  { name: '龘龘', gender: 0 },
  // names with a middle dot and of other peoples
  { name: '阿依古丽·买买提', gender: 2 },
  { name: '古丽娜尔·艾合买提江', gender: 2 },
  { name: '阿卜杜热合曼·吐尔逊', gender: 1 },
  { name: '卓玛央金', gender: 2 },
  { name: '乌日娜', gender: 2 },
  { name: '巴特尔', gender: 1 },
  // Latin and other scripts
  { name: 'Kevin Zhang', gender: 1 },
  { name: 'Zoë', gender: 2 },
  { name: 'coco chen', gender: 2 },
  { name: 'Yuki雪', gender: 2 },
  { name: '김서연', gender: 2 },
  { name: 'Мария', gender: 2 },
  // emoji, also joined ones and flags
  { name: '🌸小鹿🌸', gender: 2 },
  { name: 'A🍒樱桃', gender: 2 },
  { name: '👩‍👧‍👦三宝妈', gender: 2 },
  { name: '🇨🇳老兵', gender: 1 },
  { name: '💎', gender: 0 },
  { name: '晚风👍🏽', gender: 0 },
  // long WeChat nicknames
  { name: '一只想去远方看海却总在加班的小鲸鱼', gender: 2 },
  { name: 'A00金牌月嫂刘姐（诚信服务十五年）', gender: 2 },
  { name: '岁月静好现世安稳愿得一人心白首不相离', gender: 2 },
  { name: 'The quick brown fox jumps over 懒狗', gender: 0 },
  // nothing to read aloud, and what careless pages break on
  { name: '\u3000 \u3000', gender: 0 },
  { name: '。。。', gender: 0 },
  { name: '<b>小明</b> & "co"', gender: 1 },
  { name: '{称呼}', gender: 0 },
  { name: "O'Neil 欧先生", gender: 1 },
]

/** Contacts who use WeCom themselves (type 2). */
export const colleaguesElsewhere: {
  name: string
  gender: 1 | 2
  position: string
  corpName: string
  corpFullName: string
}[] = [
  {
    name: '沈知行',
    gender: 1,
    position: '采购经理',
    corpName: '云栖百货',
    corpFullName: '云栖百货（北京）有限公司',
  },
  {
    name: '梁予安',
    gender: 2,
    position: '行政主管',
    corpName: '拾光传媒',
    corpFullName: '北京拾光文化传媒有限公司',
  },
  {
    name: '顾明远',
    gender: 1,
    position: '总经理',
    corpName: '远山茶业',
    corpFullName: '远山茶业股份有限公司',
  },
  {
    name: '夏若琳',
    gender: 2,
    position: '婚礼策划师',
    corpName: '白鸽婚礼',
    corpFullName: '北京白鸽婚礼服务有限公司',
  },
  { name: '韩冬青', gender: 1, position: '店长', corpName: '青禾摄影', corpFullName: '青禾摄影工作室' },
  { name: '陆子衿', gender: 2, position: '人事', corpName: '长风科技', corpFullName: '长风科技有限公司' },
  {
    name: '叶问舟',
    gender: 1,
    position: '销售总监',
    corpName: '远洋船务',
    corpFullName: '天津远洋船务代理有限公司',
  },
  { name: '宋清欢', gender: 2, position: '财务', corpName: '四季花房', corpFullName: '四季花房园艺有限公司' },
  {
    name: '林北川',
    gender: 1,
    position: '工程师',
    corpName: '北川电气',
    corpFullName: '北川电气技术有限公司',
  },
  {
    name: '程以南',
    gender: 2,
    position: '客户经理',
    corpName: '安泰保险',
    corpFullName: '安泰保险经纪有限公司',
  },
  { name: '许怀瑾', gender: 1, position: '律师', corpName: '衡平律所', corpFullName: '北京衡平律师事务所' },
  {
    name: '苏锦绣',
    gender: 2,
    position: '设计师',
    corpName: '锦绣高定',
    corpFullName: '锦绣高级定制服装有限公司',
  },
]
