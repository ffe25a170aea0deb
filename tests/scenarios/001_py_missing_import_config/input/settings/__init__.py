from settings.loader import Settings, load

__all__ = ["Settings", "load"]
