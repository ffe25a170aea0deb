export class Quota {
  constructor(store, limit) {
    this.store = store;
    this.limit = limit;
  }

  /** Takes `amount` if it still fits. */
  async take(user, amount) {
    const used = await this.store.get(user);
    if (used + amount > this.limit) return false;
    await this.store.add(user, amount);
    return true;
  }
}
