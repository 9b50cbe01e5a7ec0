import { stableId } from './random.ts'
import type { TagGroup } from './types.ts'

/** The jeweller's tags as head office made them in the console, and one group the app made. First = highest order. */
const plan: { name: string; madeBy: 'console' | 'app'; tags: string[] }[] = [
  { name: '会员等级', madeBy: 'console', tags: ['普卡', '银卡', '金卡', '白金卡', '黑金卡'] },
  {
    name: '客户来源',
    madeBy: 'console',
    tags: ['进店', '老客介绍', '商场活动', '小红书', '抖音', '视频号', '婚博会', '异业合作'],
  },
  {
    name: '材质偏好',
    madeBy: 'console',
    tags: ['足金', '古法金', '铂金', 'K金', '钻石', '翡翠', '和田玉', '珍珠', '彩宝', '银饰'],
  },
  { name: '风格', madeBy: 'console', tags: ['喜欢简约', '国风', '轻奢', '复古', '可爱', '大气', '设计感'] },
  {
    name: '品类',
    madeBy: 'console',
    tags: ['戒指', '对戒', '项链', '吊坠', '手链', '手镯', '耳饰', '胸针', '转运珠', '长命锁', '金条'],
  },
  {
    name: '预算',
    madeBy: 'console',
    tags: ['预算 1 千内', '预算 1–3 千', '预算 3–5 千', '预算 5 千–1 万', '预算 1–3 万', '预算 3 万以上'],
  },
  {
    name: '送礼对象',
    madeBy: 'console',
    tags: ['自己戴', '送爱人', '常送长辈', '送孩子', '送闺蜜', '送客户'],
  },
  {
    name: '购买用途',
    madeBy: 'app',
    tags: ['生日', '结婚', '纪念日', '满月周岁', '节日', '保值收藏', '刻字定制', '旧金换新'],
  },
  { name: '佩戴习惯', madeBy: 'console', tags: ['天天戴', '上班戴', '重要场合戴', '金属过敏', '戴左手'] },
  {
    name: '沟通偏好',
    madeBy: 'console',
    tags: ['爱发语音', '只看图片', '晚上再聊', '不要打电话', '少打扰', '喜欢试戴视频'],
  },
  {
    name: '到店频次',
    madeBy: 'console',
    tags: ['每月到店', '每季到店', '半年到店', '一年没来', '纪念日会提前一个月看'],
  },
  {
    name: '生肖',
    madeBy: 'console',
    tags: [...'鼠牛虎兔龙蛇马羊猴鸡狗猪'],
  },
]

/** @param createdAt unix seconds */
export function planTagGroups(createdAt: number): TagGroup[] {
  return plan.map((group, groupIndex) => ({
    id: stableId('et', `group:${group.name}`),
    name: group.name,
    order: (plan.length - groupIndex) * 100,
    createdAt,
    deleted: false,
    madeBy: group.madeBy,
    tags: group.tags.map((name, index) => ({
      id: stableId('et', `tag:${group.name}:${name}`),
      name,
      order: (group.tags.length - index) * 10,
      createdAt: createdAt + 60,
      deleted: false,
    })),
  }))
}
