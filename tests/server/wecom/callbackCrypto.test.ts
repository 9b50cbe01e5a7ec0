import { encrypt, decrypt, getSignature } from '@wecom/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCallbackCrypto, ForeignCallback } from '../../../server/wecom/callbackCrypto.ts'

/** wecom/callbacks.md §5, computed with the official package. */
const token = 'LocalSimToken01'
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const receiveId = 'ww1234567890abcdef'
const timestamp = '1767225600'
const nonce = '1597212914'
const random = Buffer.from('0123456789abcdef')
const crypto = createCallbackCrypto({ token, aesKey, receiveId })

const echostr = 'Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZK2Ik/6HSYcODYZKOAQ/Uvsg=='
const event =
  '<xml><ToUserName><![CDATA[ww1234567890abcdef]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1767225600</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zhangsan]]></UserID><ExternalUserID><![CDATA[wmSIMAAAA001]]></ExternalUserID><State><![CDATA[teststate]]></State><WelcomeCode><![CDATA[WELCOMECODE001]]></WelcomeCode></xml>'

const vectors: { name: string; text: string; encrypted: string; signature?: string }[] = [
  {
    name: 'V1, the verification of the address',
    text: '5927782489442352469',
    encrypted: echostr,
    signature: '755c1325a4bebe2da85fd1fc163c630339247b1a',
  },
  {
    name: 'V2, an event',
    text: event,
    encrypted:
      'Q3stYC6hdFzMh9T8HCvyDOnYZvpPGZNz4gVaYEL5pt4MTMgVbGiqcc8HPr1thWZdCelerTUFeK5fnSKzB5rI4JHlcRfdg9VBu7794+JvnGA6AH+WgBgWnifZG2DpFuA1YmkKvCBFyku6aEyhsldSoo1uZjPBxx3JuQhLYItsrcyqawZ9XnzlUE9X03JjL3gT4sa2CoyolGQW4VazUQ+BlpFz/s7R0yZeO55kaxUvEdLWeB09DtkcJ8yLGp6wzvDgU/WmudY7txJchZyMm9SDsXM374J5tAiUkfAH1LXFlqUJIWkOF59Rq5S8cksuaUhHK9X8sX3riDYkaHEuQ7OaLhp5BQq/G47EMaDUyfJXiksyhCUQTOWt9DwATPrBg83OE46vRRxAl9Z/VsYVJg+eXVpnmzrM0LXQYnV0yDk4Xt16Jrx9KshRM2hCnSZcRN+myOQJ2zTegnHMMi+LWvWHC7XSr73Uhk3OVJdj+tdLCpWOr2IojZcoFGHqW2gVk81lgEiysmPacnvCVNCjlKH+aJEqkUnq3XKxFY7LaztW5RZQDaCrQlRH4+BiQXqiLYUexTQJb4cDKhWnwA4XzJTK05+1QkMptLV8mzMcvCGEAbwoaQiRaQShTrLu/3OYzWqIZDf2O3SojSZoWq+8YOSO5JpyFYxNFs3xK0zaHpdfn4M=',
    signature: 'dee40dfb3109abc6ddacc9876a64331f02402942',
  },
  {
    name: 'V4, a whole block of padding',
    text: 'x'.repeat(58),
    encrypted:
      'Q3stYC6hdFzMh9T8HCvyDIKMpJ2YB/WJNYEsiBRSdP7uuAg59ygU0GcjEbNixcLfuHJQGfnGB/sQWDCwRYJJMGoX54R+1qsIq1Hh/mhbVd2e2BAaVUvE4uR5ch3pmbtqV9Vbtskl1EqFpyOs7f9+JrfnAOskNRC1B38ceB4+gRk=',
  },
  {
    name: 'V5, a length in bytes',
    text: '<n>张三🙂</n>',
    encrypted: 'Q3stYC6hdFzMh9T8HCvyDDTO/lEO1QICXMXA5vh9qfW0sVxbEg1C3DcedtiUXEo9cjGRb3oXNkXMQYIOhjdyNw==',
  },
]

const signed = (encrypted: string) => ({
  timestamp,
  nonce,
  encrypted,
  signature: crypto.sign({ timestamp, nonce, encrypted }),
})

describe('the published vectors', () => {
  it.each(vectors)('$name', ({ text, encrypted, signature }) => {
    if (signature) expect(crypto.sign({ timestamp, nonce, encrypted })).toBe(signature)
    expect(crypto.open(signed(encrypted))).toBe(text)
    expect(crypto.seal(text, random)).toBe(encrypted)
  })

  it("V6, the signature of WeCom's own sample", () => {
    // Only the order of the four values matters for it; the sample's ciphertext is not repeated on our sheet.
    const sample = createCallbackCrypto({
      token: 'QDG6eK',
      aesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
      receiveId: 'wx5823bf96d3bd56c7',
    })
    const envelope = { timestamp: '1409659813', nonce: '1372623149', encrypted: 'x' }
    expect(sample.sign(envelope)).toBe(
      getSignature('QDG6eK', envelope.timestamp, envelope.nonce, envelope.encrypted),
    )
  })

  it('says the same as the official package, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
        expect(crypto.open(signed(encrypt(aesKey, text, receiveId)))).toBe(text)
        expect(decrypt(aesKey, crypto.seal(text))).toMatchObject({ message: text, id: receiveId })
      }),
      { numRuns: 200 },
    )
  })
})

describe('P15 what is not genuine is refused', () => {
  it('V3, for another corp', () => {
    const encrypted =
      'Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlURUdi9cgqrNUqh3Pt8x4YyFxsQk8N8sNypJqeKocBzHw=='
    expect(crypto.sign({ timestamp, nonce, encrypted })).toBe('97b0eed84348fe2e1f14c0d3bab4717bdd06a918')
    expect(() => crypto.open(signed(encrypted))).toThrow(ForeignCallback)
  })

  it('with another signature, or none', () => {
    for (const signature of ['', '0'.repeat(40), signed(echostr).signature.toUpperCase()])
      expect(() => crypto.open({ ...signed(echostr), signature })).toThrow(ForeignCallback)
  })

  it('each byte of the ciphertext altered, also under a right signature', () => {
    const bytes = Buffer.from(echostr, 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8(altered.readUInt8(at) ^ 0x01, at)
      const encrypted = altered.toString('base64')
      expect(() => crypto.open({ ...signed(echostr), encrypted })).toThrow(ForeignCallback)
      // A signature made with our token: then only the text itself can tell; the first 16 bytes are random.
      if (at >= 16) continue
      expect(() => crypto.open(signed(encrypted))).not.toThrow(TypeError)
    }
  })

  it('cut off, empty, no base64, padded wrongly, longer than it is', () => {
    const cut = Buffer.from(echostr, 'base64').subarray(0, 48).toString('base64')
    for (const encrypted of ['', '=', 'not base64!', cut, Buffer.alloc(32).toString('base64')])
      expect(() => crypto.open(signed(encrypted))).toThrow(ForeignCallback)
  })
})
