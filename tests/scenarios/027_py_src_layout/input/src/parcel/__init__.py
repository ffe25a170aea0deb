from parcel.rates import quote

__all__ = ["quote"]
