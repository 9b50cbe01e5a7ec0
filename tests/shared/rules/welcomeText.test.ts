import { describe, expect, it } from 'vitest'
import { unknownWelcomeVariables, welcomeText } from '../../../shared/rules/welcomeText.ts'

describe('the words of a welcome', () => {
  it.each([
    ['{称呼}，您好，我是{导购姓名}', { 称呼: '婉清姐', 导购姓名: '陈露' }, '婉清姐，您好，我是陈露'],
    ['{称呼}，您好', {}, '您好'],
    ['{称呼}您好', {}, '您好'],
    ['{称呼|亲}，您好', {}, '亲，您好'],
    ['{称呼} , 您好', { 称呼: '  ' }, '您好'],
    ['欢迎来{门店}，我是{导购姓名}', { 导购姓名: '陈露' }, '欢迎来我是陈露'],
    ['我是{门店}的{导购姓名}', { 导购姓名: '陈露' }, '我是陈露'],
    ['一口价 {100}', { 称呼: '婉清姐' }, '一口价'],
    ['{称呼}，您好', { 称呼: '长'.repeat(60) }, `${'长'.repeat(40)}，您好`],
    ['{称呼}，您好', { 称呼: '{导购姓名}' }, '{导购姓名}，您好'],
    ['', {}, ''],
  ])('%s', (template, facts, text) => {
    expect(welcomeText(template, facts)).toBe(text)
  })

  it('names what nobody can fill', () => {
    expect(unknownWelcomeVariables('{称呼}，{导购}的{导购}和{门店}，{生日|好日子}')).toEqual(['导购', '生日'])
  })
})
