// What browsers down to Chrome 87 and Safari 13.1 lack and we use. Import it before anything else.

if (!Object.hasOwn) {
  Object.defineProperty(Object, 'hasOwn', {
    configurable: true,
    writable: true,
    value: (holder: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(holder, name),
  })
}

if (!Array.prototype.at) {
  Object.defineProperty(Array.prototype, 'at', {
    configurable: true,
    writable: true,
    value: function at(this: unknown[], index: number) {
      const whole = Math.trunc(index) || 0
      return this[whole < 0 ? whole + this.length : whole]
    },
  })
}

export {}
