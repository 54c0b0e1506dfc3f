"""Gradient methods, one a file; importing this package imports and registers them all."""

from fer_models.registry import import_modules

import_modules(__name__)
