/*
 * What WeCom's webview adds to a page, put in front of the page's first script by the proxy. Plain ES2017.
 * The device (user agent, platform, how the bridge behaves) arrives in the script tag's data-device.
 * Every call is decided by the sandbox; here are only the manners of the real bridge: always asynchronous,
 * always a fresh object, functions in the parameters dropped.
 */
;(function () {
  'use strict'
  const script = document.currentScript
  const device = JSON.parse(script.dataset.device)
  script.remove()

  const fetch = window.fetch.bind(window)
  const matchMedia = window.matchMedia.bind(window)
  const page = Array.from(crypto.getRandomValues(new Uint8Array(12)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  const listeners = {}

  const pretend = (name, value) =>
    Object.defineProperty(navigator, name, { configurable: true, get: () => value })
  pretend('userAgent', device.userAgent)
  pretend('appVersion', device.userAgent.replace(/^Mozilla\//, ''))
  pretend('platform', device.platform)
  pretend('maxTouchPoints', device.maxTouchPoints)
  pretend('userAgentData', undefined)

  window.matchMedia = query => {
    const scheme = /^\s*\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)\s*$/.exec(query)
    if (!scheme) return matchMedia(query)
    const list = matchMedia(query)
    Object.defineProperty(list, 'matches', { configurable: true, get: () => scheme[1] === device.theme })
    return list
  }

  let isGoing = false
  window.addEventListener('pagehide', () => (isGoing = true))
  window.addEventListener('pageshow', () => (isGoing = false))

  function ask(name, params) {
    return fetch('/sandbox/bridge/invoke', {
      method: 'POST',
      credentials: 'same-origin',
      referrerPolicy: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ page, name, params: params || {}, url: location.href.split('#')[0] }),
    })
      .then(response => response.json())
      .then(reply => (reply.message ? { answer: { err_msg: name + ':fail' }, reason: reply.message } : reply))
  }

  const bridge = {
    invoke(name, params, callback) {
      ask(name, params)
        // What an unloading page cut off is not answered: nobody is there any more, and nobody knows.
        .catch(() => (isGoing ? {} : { answer: { err_msg: name + ':fail' }, reason: '沙盒没有应答' }))
        .then(reply => {
          if (reply.reason) console.warn('[沙盒] ' + name + '：' + reply.reason)
          if (reply.answer && typeof callback === 'function') callback(reply.answer)
        })
    },
    on(name, callback) {
      listeners[name] = (listeners[name] || []).concat(callback)
    },
  }

  /* The chat window plays the client's own buttons: the phone's back arrow fires `historyBack`. */
  window.addEventListener('sandbox-client-event', event => {
    const results = (listeners[event.detail.name] || []).map(listener => listener(event.detail.data || {}))
    if (results.indexOf(false) >= 0) event.preventDefault()
  })

  function appear() {
    window.WeixinJSBridge = bridge
    document.dispatchEvent(new Event('WeixinJSBridgeReady'))
  }
  if (device.bridge === 'late') setTimeout(appear, device.lateMs)
  else appear()
})()
