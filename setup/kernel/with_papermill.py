"""Papermill with parameters for TypeScript: with_papermill.py NOTEBOOK OUTPUT -p NAME VALUE ..., all arguments as papermill takes them.

The parameters stand in a cell of their own: after the cell with the tag "parameters", whose names they declare anew, or else before all.
"""

import json
import math
import re

from papermill.__main__ import papermill
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class TypeScriptTranslator(Translator):
    @classmethod
    def translate_str(cls, value):
        return json.dumps(value, ensure_ascii=False)

    @classmethod
    def translate_none(cls, value):
        return "null"

    @classmethod
    def translate_float(cls, value):
        if math.isnan(value):
            return "Number.NaN"
        return repr(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"

    @classmethod
    def translate_list(cls, value):
        return f"[{', '.join(cls.translate(item) for item in value)}]"

    @classmethod
    def translate_dict(cls, value):
        return f"{{ {', '.join(f'{json.dumps(str(key))}: {cls.translate(item)}' for key, item in value.items())} }}"

    @classmethod
    def comment(cls, text):
        return f"// {text}".strip()

    @classmethod
    def assign(cls, name, value):
        return f"let {name} = {value};"

    @classmethod
    def inspect(cls, cell):
        """The parameters that a cell with the tag declares, so that papermill warns of others."""
        found = re.findall(r"^\s*(?:export\s+)?(?:const|let|var)\s+([\w$]+)[^=\n]*=\s*(.*?);?\s*(?://\s*(.*))?$", cell.source, re.MULTILINE)
        return [Parameter(name, "None", value, text) for name, value, text in found]


for name in ("tslab", "typescript"):
    papermill_translators.register(name, TypeScriptTranslator)

if __name__ == "__main__":
    papermill()
