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
from fer_models.settings.sentence import shown

__all__ = [
    "EXACT",
    "SettingField",
    "checked",
    "from_choices",
    "from_signature",
    "from_text",
    "from_values",
    "json_schema",
    "nested",
    "parse_json",
    "setting_fields",
    "shown",
    "without_comments",
]
