/** @typedef {{ sku: string, price: number, count: number }} Line */

export class Cart {
  constructor() {
    /** @type {Map<string, Line>} */
    this.lines = new Map();
  }

  add(sku, price, count = 1) {
    const line = this.lines.get(sku);
    if (line) {
      line.count += count;
    } else {
      this.lines.set(sku, { sku, price, count });
    }
  }

  total() {
    let sum = 0;
    for (const line of this.lines.values()) {
      sum += line.price * line.count;
    }
    return sum;
  }
}
