'use strict';

const RATES = { low: 0.05, high: 0.2 };

class Ledger {
  constructor(owner, options) {
    this.owner = owner;
    this.options = options || {};
    this.entries = [];
    this.onChange = null;
  }

  add(amount, kind, done) {
    const self = this;
    if (amount < 0 && kind !== 'refund') {
      throw new RangeError(`no ${kind} of ${amount}`);
    }
    self.entries.push({ amount, kind, at: Date.now() });
    if (self.onChange) {
      setTimeout(function () {
        self.onChange(self.entries.length);
      }, 0);
    }
    done(null, self.entries[self.entries.length - 1]);
  }

  total(kind) {
    let sum = 0;
    for (const entry of this.entries) {
      if (!kind || entry.kind === kind) {
        sum += entry.amount;
      } else {
        continue;
      }
    }
    return sum;
  }

  async save(store, path) {
    const text = JSON.stringify(this.entries.map((e) => e.amount));
    await store.write(path, text);
    return text.length > 0 ? path : undefined;
  }

  tax() {
    const rate = this.options.rate ?? RATES.low;
    return Math.round(this.total() * rate * 100) / 100;
  }
}

module.exports = { Ledger, RATES };
