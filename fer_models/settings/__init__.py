"""Settings: what a person may choose, declared once; checks, messages, forms and JSON schemas come from it."""

from fer_models.settings.definition import (
    EXACT,
    checked,
    from_choices,
    from_signature,
    from_text,
    from_values,
    json_schema,
    nested,
    parse_json,
    without_comments,
)
from fer_models.settings.fields import SettingField, setting_fields
from fer_models.settings.origin import Origin, about, in_code, in_paper, ours, parse_origin
from fer_models.settings.sentence import shown
from fer_models.settings.stored import DamagedError, parse_stored, read_stored, stored_or_none

__all__ = [
    "EXACT",
    "DamagedError",
    "Origin",
    "SettingField",
    "about",
    "checked",
    "from_choices",
    "from_signature",
    "from_text",
    "from_values",
    "in_code",
    "in_paper",
    "json_schema",
    "nested",
    "ours",
    "parse_json",
    "parse_origin",
    "parse_stored",
    "read_stored",
    "setting_fields",
    "shown",
    "stored_or_none",
    "without_comments",
]
