"""Errors of the template engine."""


class TemplateError(Exception):
    pass


class RenderError(TemplateError):
    """Something went wrong while a template was running."""


class NameLookupError(RenderError):
    """A variable is not defined."""
