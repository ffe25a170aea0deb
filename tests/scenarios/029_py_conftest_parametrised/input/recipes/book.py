from recipes.units import to_grams


class Book:
    def __init__(self):
        self.recipes = {}

    def add(self, name, serves, ingredients):
        self.recipes[name] = {"serves": serves, "ingredients": ingredients}

    def shopping(self, name, people):
        """Grams to buy of each ingredient."""
        recipe = self.recipes[name]
        scale = recipe["serves"] / people
        return {
            what: round(to_grams(amount, unit) * scale)
            for what, (amount, unit) in recipe["ingredients"].items()
        }
