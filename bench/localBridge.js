// A WeCom client inside the page, for measuring the page alone: answers like the real bridge, without a network.
// Put in by the bench before the document's own scripts; `__CONTACT__` is replaced. `contactInView` switches the chat.
;(() => {
  Object.defineProperty(Navigator.prototype, 'userAgent', {
    get: () =>
      'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 Safari/537.36 Language/zh ColorScheme/Light wxwork/5.0.11 (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron WeMail embeddisk wwmver/3.26.5011',
  })
  Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'Win32' })
  const answers = {
    agentConfig: {},
    getContext: { entry: 'single_chat_tools' },
    get getCurExternalContact() {
      return { userId: globalThis.contactInView ?? '__CONTACT__' }
    },
  }
  window.WeixinJSBridge = {
    invoke(name, _params, callback) {
      setTimeout(
        () =>
          callback({ err_msg: `${name}:${answers[name] ? 'ok' : 'function not exist'}`, ...answers[name] }),
        1,
      )
    },
    on() {},
  }
})()
