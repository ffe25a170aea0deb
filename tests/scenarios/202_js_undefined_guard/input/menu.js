const dishes = {
  soup: { price: 490, allergens: ["celery"] },
  pasta: { price: 890, allergens: ["gluten", "egg"] },
  salad: { price: 650 },
};

function find(name) {
  return dishes[name];
}

/** Names of dishes without any of the given allergens. */
function safe(avoid) {
  return Object.keys(dishes).filter(
    (name) => !find(name).allergens.some((a) => avoid.includes(a))
  );
}

function price(names) {
  return names.reduce((sum, name) => sum + find(name).price, 0);
}

module.exports = { safe, price };
