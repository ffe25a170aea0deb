export class Store {
  constructor() {
    this.used = new Map();
  }

  async get(user) {
    return this.used.get(user) ?? 0;
  }

  async add(user, amount) {
    const next = (await this.get(user)) + amount;
    this.used.set(user, next);
    return next;
  }
}
