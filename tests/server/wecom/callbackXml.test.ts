import { describe, expect, it } from 'vitest'
import { ForeignCallback } from '../../../server/wecom/callbackCrypto.ts'
import { readCallbackXml } from '../../../server/wecom/callbackXml.ts'

const read = (text: string) => Object.fromEntries(readCallbackXml(text))

describe('reading the XML of callbacks', () => {
  it('takes elements in any order, with and without CDATA, empty and absent', () => {
    const fields = { ToUserName: 'ww1', AgentID: '', Encrypt: 'a+b/c==' }
    expect(
      read(
        '<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID></AgentID><Encrypt><![CDATA[a+b/c==]]></Encrypt></xml>',
      ),
    ).toEqual(fields)
    expect(
      read(
        '<?xml version="1.0"?>\n<xml>\n <Encrypt>a+b/c==</Encrypt>\n <AgentID/>\n <ToUserName>ww1</ToUserName>\n</xml>\n',
      ),
    ).toEqual(fields)
  })

  it('keeps what CDATA holds as it is, and reads the five entities and numbers elsewhere', () => {
    expect(
      read('<xml><A><![CDATA[a &amp; <b> <!DOCTYPE x>]]></A><B>1 &lt; 2 &#x5f20;&#19977;</B></xml>'),
    ).toEqual({
      A: 'a &amp; <b> <!DOCTYPE x>',
      B: '1 < 2 张三',
    })
  })

  it('leaves out what has elements of its own', () => {
    expect(read('<xml><A>1</A><MemChangeList><Item>x</Item><Item>y</Item></MemChangeList></xml>')).toEqual({
      A: '1',
      MemChangeList: '',
    })
  })

  it('keeps a number as its text', () => {
    expect(read('<xml><CreateTime>0001767225600</CreateTime></xml>')).toEqual({ CreateTime: '0001767225600' })
  })

  const bombs: [string, string][] = [
    ['a DTD', '<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>'],
    ['an external entity', '<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><xml><A>1</A></xml>'],
    ['an entity of its own', '<xml><A>&unknown;</A></xml>'],
    ['a bare ampersand', '<xml><A>a & b</A></xml>'],
    ['a character that is none', '<xml><A>&#xD800;</A></xml>'],
    ['a processing instruction', '<xml><?php echo 1 ?><A>1</A></xml>'],
    ['an element given twice', '<xml><A>1</A><A>2</A></xml>'],
    ['another root', '<html><A>1</A></html>'],
    ['two roots', '<xml><A>1</A></xml><xml><A>2</A></xml>'],
    ['no end', '<xml><A>1</A>'],
    ['no XML', 'ToUserName=ww1'],
    ['nothing', ''],
    ['depth', `<xml>${'<A>'.repeat(30)}1${'</A>'.repeat(30)}</xml>`],
    ['breadth', `<xml><L>${'<I>1</I>'.repeat(2000)}</L></xml>`],
    ['length', `<xml><A>${'x'.repeat(70_000)}</A></xml>`],
  ]
  it.each(bombs)('P15 refuses %s', (_, text) => {
    expect(() => readCallbackXml(text)).toThrow(ForeignCallback)
  })
})
